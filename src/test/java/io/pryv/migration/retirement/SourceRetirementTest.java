package io.pryv.migration.retirement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.dns.FakeDns;
import io.pryv.migration.machine.SandboxHands;
import io.pryv.migration.machine.SandboxShell;
import io.pryv.migration.machine.StubDocker;
import io.pryv.migration.platform.Layout;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.Options;
import io.pryv.migration.platform.Platform;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.FakeRedis;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SourceRetirementTest {

  private static final List<String> SERVICES =
      List.of("reverse_proxy", "register", "dns", "redis", "mail");

  private final SandboxShell sourceMachine = SandboxShell.of(Machine.Role.SOURCE);
  private final SandboxShell slaveMachine = SandboxShell.of(Machine.Role.SOURCE_SLAVE);
  private final StubDocker source = new StubDocker(sourceMachine).register();
  private final StubDocker slave = new StubDocker(slaveMachine);
  private final Machine destMachine =
      new Machine(Machine.Role.DEST, "dest", "h", 22, "root", "k", "/var/pryv", "10.90.0.12");
  private final FakeRedis sourceRedis = new FakeRedis("source").fixture("core1.pryv.lab");
  private final FakeRedis destRedis = new FakeRedis("dest").fixture("core1.pryv.lab");
  private final FakeDns dns = new FakeDns();

  @BeforeEach
  void everybodyHasMovedToDest() {
    slave.service("pryv", "dns");
    slave.service("pryv", "redis");
    source.container("monitoring");
    destRedis.user("ariane", "ariane@mail.example", "core1.pryv.lab");
    sourceRedis.reaches("127.0.0.1", 4567, destRedis).follow("127.0.0.1", 4567);
    dns.answers("10.90.0.21", "reg.pryv.lab", "A", "A 10.90.0.12")
        .answers("10.90.0.21", "access.pryv.lab", "A", "A 10.90.0.12");
  }

  @AfterEach
  void close() {
    sourceMachine.close();
    slaveMachine.close();
  }

  private static Register register(Machine machine) {
    return new Register(
        machine,
        new Layout(
            "docker-compose",
            machine.confRoot() + "/reg-master.yml",
            "pryv",
            machine.confRoot() + "/run-reg-master",
            machine.confRoot() + "/stop-containers",
            "",
            "9999:9999",
            "",
            "",
            "",
            "",
            "pryv_redis_1",
            "pryv_reverse_proxy_1",
            "pryv_register_1",
            "pryv_dns_1",
            "5.0.2"));
  }

  private SourceRetirement retirement() {
    Platform platform =
        new Platform(
            "lab",
            "pryv.lab",
            sourceMachine.machine(),
            destMachine,
            List.of(slaveMachine.machine()),
            List.of(),
            "known_hosts",
            List.of("10.90.0.20"),
            List.of("10.90.0.21"),
            new Options(
                true,
                "",
                "rsa",
                5,
                1 << 20,
                Duration.ofMinutes(2),
                false,
                List.of("reg", "access"),
                200,
                Duration.ofMinutes(1),
                null));
    return new SourceRetirement(
        new SandboxHands(sourceMachine, slaveMachine),
        platform,
        register(sourceMachine.machine()),
        List.of(register(slaveMachine.machine())),
        register(destMachine),
        FakeRedis.door(sourceRedis, destRedis),
        dns,
        "migration-1");
  }

  private Stream<StubDocker.Container> all() {
    return Stream.concat(
        SERVICES.stream().map(service -> source.container("pryv_" + service + "_1")),
        Stream.of(slave.container("pryv_dns_1"), slave.container("pryv_redis_1")));
  }

  private void assertUntouched() {
    assertThat(all()).allMatch(StubDocker.Container::running);
    assertThat(all()).allMatch(container -> container.restartPolicy().equals("always"));
    assertThat(sourceMachine.changes()).isEmpty();
    assertThat(slaveMachine.changes()).isEmpty();
  }

  @Test
  void stopsSourceThenItsSlaveAndKeepsThemFromComingBackWithTheHost() {
    assertThat(retirement().retire())
        .containsExactly(
            "source stopped, its containers held down",
            "source-slave stopped, its containers held down");
    assertThat(all()).noneMatch(StubDocker.Container::running);
    assertThat(all()).allMatch(container -> container.restartPolicy().equals("no"));
  }

  @Test
  void leavesOtherContainersOfTheHostAlone() {
    retirement().retire();
    assertThat(source.container("monitoring").running()).isTrue();
    assertThat(source.container("monitoring").restartPolicy()).isEqualTo("always");
  }

  @Test
  void aSecondRunChangesNothing() {
    retirement().retire();
    int changes = sourceMachine.changes().size() + slaveMachine.changes().size();
    sourceRedis.down(true);
    assertThat(retirement().retire()).isEmpty();
    assertThat(sourceMachine.changes().size() + slaveMachine.changes().size()).isEqualTo(changes);
  }

  @Test
  void goesOnAfterAStopThatWasInterrupted() {
    source.container("pryv_redis_1").stopped().restartPolicy("no");
    sourceRedis.down(true);
    assertThat(retirement().retire()).hasSize(2);
    assertThat(all()).noneMatch(StubDocker.Container::running);
  }

  @Test
  void holdsDownWhatIsStoppedButWouldComeBackWithTheHost() {
    all().forEach(StubDocker.Container::stopped);
    sourceRedis.down(true);
    assertThat(retirement().retire()).hasSize(2);
    assertThat(all()).allMatch(container -> container.restartPolicy().equals("no"));
  }

  @Test
  void neverStopsASourceThatHoldsSomethingDestLacks() {
    sourceRedis.link(false).user("lonely", "lonely@mail.example", "core1.pryv.lab");
    assertThatThrownBy(() -> retirement().retire())
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("lonely:users")
        .hasMessageContaining("do not stop source");
    assertUntouched();
  }

  @Test
  void aDeadLinkAloneIsNoReasonToKeepASourceThatHasNothingOfItsOwn() {
    sourceRedis.link(false);
    destRedis.user("newest", "newest@mail.example", "core1.pryv.lab");
    assertThat(retirement().retire()).hasSize(2);
  }

  @Test
  void neverStopsASourceThatAResolverStillSendsClientsTo() {
    dns.answers("10.90.0.21", "access.pryv.lab", "A", "A 127.0.0.1");
    assertThatThrownBy(() -> retirement().retire())
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("resolver 10.90.0.21: A access.pryv.lab")
        .hasMessageContaining("A 127.0.0.1");
    assertUntouched();
  }

  @Test
  void neverStopsASourceWhileAResolverAnswersNothing() {
    dns.answers("10.90.0.21", "reg.pryv.lab", "A");
    assertThatThrownBy(() -> retirement().retire()).hasMessageContaining("no records");
    assertUntouched();
  }
}
