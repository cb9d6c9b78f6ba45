package io.pryv.migration.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.platform.Machine.Role;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ContainersTest {

  private final SandboxRegister source = new SandboxRegister(SandboxShell.of(Role.SOURCE));
  private final Containers containers =
      Containers.of(new SandboxHands(source.shell()), source.register(), SandboxRegister.MIGRATION);

  @AfterEach
  void remove() {
    source.close();
  }

  @Test
  void whatDockerSaysOfAContainerIsUnderstood() {
    assertThat(
            Container.parse(
                """
                /pryv_redis_1|redis|exited|137|always|2026-11-22T14:58:21.123456789Z
                /pryv_dns_1|dns|created|0||0001-01-01T00:00:00Z
                """))
        .containsExactly(
            new Container(
                "pryv_redis_1",
                "redis",
                "exited",
                137,
                "always",
                Instant.parse("2026-11-22T14:58:21.123456789Z")),
            new Container(
                "pryv_dns_1", "dns", "created", 0, "no", Instant.parse("0001-01-01T00:00:00Z")));
  }

  @Test
  void heldDownContainersCannotComeBackByThemselves() {
    List<Container> left = containers.holdDownAndStop();
    assertThat(left).hasSize(5);
    assertThat(left).allSatisfy(c -> assertThat(c.up()).isFalse());
    assertThat(left).allSatisfy(c -> assertThat(c.restartPolicy()).isEqualTo("no"));
  }

  @Test
  void howTheyWereStandsInTheJournalBeforeEachChange() {
    source.container("mail").stopped().restartPolicy("on-failure:3");
    containers.holdDownAndStop();
    assertThat(lastChange())
        .startsWith("hold the register's containers down and stop them; they were: ")
        .contains("redis_1 running, restart=always", "mail_1 exited, restart=on-failure");
    containers.start();
    assertThat(lastChange()).contains("redis_1 exited, restart=no").doesNotContain(" running");
  }

  private String lastChange() {
    List<Command> changes = source.shell().changes();
    return changes.get(changes.size() - 1).purpose();
  }

  @Test
  void startingThemGivesEachItsOwnRestartPolicyBack() {
    source.container("mail").restartPolicy("on-failure:3");
    source.container("dns").restartPolicy("unless-stopped");
    containers.holdDownAndStop();
    // A second hold must not take the "no" of the first for the platform's own policy.
    containers.holdDownAndStop();
    containers.start();
    assertThat(source.container("mail").restartPolicy()).isEqualTo("on-failure:3");
    assertThat(source.container("dns").restartPolicy()).isEqualTo("unless-stopped");
    assertThat(source.container("redis").restartPolicy()).isEqualTo("always");
    assertThat(containers.look()).allSatisfy(c -> assertThat(c.running()).isTrue());
  }

  /** Docker's own file of a changed policy is synced: ours of how it was has to be, before. */
  @Test
  void thePoliciesAreStillKnownAfterAPowerCut() {
    source.container("mail").restartPolicy("on-failure:3");
    try (CutDisk disk = CutDisk.at(source.shell().home())) {
      containers.remember();
      containers.holdDownAndStop();
      disk.cut();
      assertThat(containers.remembered()).isPresent();
      containers.start();
      assertThat(source.container("mail").restartPolicy()).isEqualTo("on-failure:3");
    }
  }

  @Test
  void aPolicyIsRememberedByNameWhenComposeMakesTheContainerAnew() {
    containers.holdDownAndStop();
    source.container("redis").onCreate("echo always >\"$SANDBOX/docker/$CONTAINER/policy\"");
    containers.createHeldDown();
    assertThat(source.container("redis").restartPolicy()).isEqualTo("no");
    assertThat(source.container("redis").running()).isFalse();
    containers.liftHold();
    assertThat(source.container("redis").restartPolicy()).isEqualTo("always");
    assertThat(source.container("redis").running()).isFalse();
  }

  @Test
  void aContainerMadeAnewJoinsTheNetworksThatComposeWouldOnlyGiveItAtAStart() {
    containers.holdDownAndStop();
    source.container("register").networks("pryv_frontend", "pryv_backend");
    source
        .container("register")
        .onCreate("echo pryv_backend >\"$SANDBOX/docker/$CONTAINER/networks\"");
    containers.createHeldDown();
    assertThat(source.container("register").networks())
        .containsExactlyInAnyOrder("pryv_frontend", "pryv_backend");
    assertThat(containers.halfMade()).isFalse();
  }

  @Test
  void theServicesStartInTheOrderInWhichTheyNeedEachOther() {
    containers.holdDownAndStop();
    containers.start();
    List<String> starts = starts();
    assertThat(starts.get(0)).isEqualTo("docker start pryv_redis_1");
    assertThat(starts.get(4)).isEqualTo("docker start pryv_reverse_proxy_1");
    assertThat(source.docker().calls().get(source.docker().calls().size() - 1))
        .isEqualTo("docker-compose -f reg-master.yml up -d");
  }

  @Test
  void containersOfOthersOnTheHostGoOn() {
    source.docker().container("grafana");
    containers.holdDownAndStop();
    assertThat(source.docker().container("grafana").running()).isTrue();
    assertThat(source.docker().container("grafana").restartPolicy()).isEqualTo("always");
  }

  @Test
  void aContainerThatDoesNotStopIsAFailure() {
    source.container("register").onStop("echo running >\"$SANDBOX/docker/$CONTAINER/state\"");
    assertThatThrownBy(containers::holdDownAndStop)
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("still running: pryv_register_1");
  }

  @Test
  void redisAloneIsKilledAndStartedAgain() {
    containers.killRedis();
    assertThat(containers.look())
        .filteredOn(c -> !c.name().equals("pryv_redis_1"))
        .allSatisfy(c -> assertThat(c.running()).isTrue())
        .allSatisfy(c -> assertThat(c.restartPolicy()).isEqualTo("always"));
    assertThat(source.container("redis").running()).isFalse();
    containers.killRedis();
    assertThat(source.container("redis").signals()).containsExactly("KILL");
    containers.startAgain();
    assertThat(source.container("redis").running()).isTrue();
    assertThat(source.container("redis").restartPolicy()).isEqualTo("always");
    assertThat(source.container("register").signals()).isEmpty();
  }

  @Test
  void howTheyWereIsNotedOnce() {
    source.container("dns").stopped();
    List<Container> before = containers.remember();
    containers.holdDownAndStop();
    assertThat(containers.remember()).isEqualTo(before);
    assertThat(containers.remembered()).contains(before);
  }

  @Test
  void noContainersAtAllAreNotedAsNone() {
    try (SandboxShell bare = SandboxShell.of(Role.DEST)) {
      new StubDocker(bare);
      Containers none =
          Containers.of(new SandboxHands(bare), registerOn(bare), SandboxRegister.MIGRATION);
      assertThat(none.remembered()).isEmpty();
      assertThat(none.remember()).isEmpty();
      assertThat(none.remembered()).contains(List.of());
    }
  }

  private Register registerOn(SandboxShell shell) {
    return new Register(shell.machine(), source.register().layout());
  }

  private List<String> starts() {
    return source.docker().calls().stream()
        .filter(call -> call.startsWith("docker start"))
        .toList();
  }

  @Test
  void whatIsCreatedIsCreatedByTheStartScriptAsItRuns() {
    SandboxShell.executable(
        source.shell().confRoot().resolve("run-reg-master"),
        "export HOSTNAME=reg7\ndocker-compose -f reg-master.yml up -d");
    source.container("redis").onCreate("echo $HOSTNAME >$SANDBOX/created-as");
    containers.holdDownAndStop();

    containers.createHeldDown();

    assertThat(source.shell().root().resolve("created-as")).hasContent("reg7");
    assertThat(source.container("redis").running()).isFalse();
    assertThat(source.docker().calls()).contains("docker-compose -f reg-master.yml up --no-start");
  }

  @Test
  void containersOfAnotherComposeFileInTheSameDirectoryAreLeftAlone() {
    source.docker().service("pryv", "mongodb");
    containers.holdDownAndStop();

    assertThat(source.docker().container("pryv_mongodb_1").running()).isTrue();
    assertThat(source.docker().container("pryv_mongodb_1").restartPolicy()).isEqualTo("always");
    assertThat(source.container("redis").running()).isFalse();
    assertThat(containers.look()).extracting(Container::service).doesNotContain("mongodb");
  }
}
