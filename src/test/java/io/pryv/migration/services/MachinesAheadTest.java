package io.pryv.migration.services;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.machine.DetachedJob;
import io.pryv.migration.machine.SandboxRegister;
import io.pryv.migration.machine.ServerIdentity;
import io.pryv.migration.platform.Options;
import io.pryv.migration.platform.Platform;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.process.FakeStep;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import io.pryv.migration.redis.RoleFile;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What the engine believes is not what the machines are: its database was restored from before the
 * cut-over, a variable was edited, or somebody has started a register by hand.
 */
class MachinesAheadTest {

  private final PracticePlatform lab = new PracticePlatform();
  private final AnsweringRegister register =
      new AnsweringRegister(lab.source, () -> PracticePlatform.RESERVED);
  private final FakeStep step =
      new FakeStep(
              SandboxRegister.MIGRATION,
              new Platform(
                  "lab",
                  PracticePlatform.DOMAIN,
                  lab.source.shell().machine(),
                  lab.dest.shell().machine(),
                  List.of(),
                  List.of(),
                  "known_hosts",
                  List.of(),
                  List.of(),
                  new Options(
                      true,
                      "",
                      "rsa",
                      5,
                      1 << 20,
                      Duration.ofMinutes(2),
                      true,
                      List.of("reg"),
                      200,
                      Duration.ofMinutes(1),
                      null)),
              lab.hands,
              lab.hands.journal(),
              lab.source.register(),
              lab.dest.register())
          .reaching(lab.door);

  @AfterEach
  void remove() {
    register.close();
    lab.close();
  }

  /** Every step of this package from before dest is elected. */
  static Stream<Function<StepContexts, StepDelegate>> stepsBeforeTheCutOver() {
    return Stream.of(
        contexts -> new LaunchDestDelegate(contexts, null, null, List.of()),
        FenceDestDelegate::new,
        PublishRedisPortDelegate::new,
        StopWritesDelegate::new);
  }

  @Test
  void aDestThatFollowsIsSeenToServeByItsAnswersAloneAndNothingIsChanged() {
    step.put(
        StepContext.DEST_IDENTITY,
        new ServerIdentity("an authority", false, List.of("CN=authority"), Instant.MAX));
    int changes = lab.changes();
    SeeDestServesDelegate see = new SeeDestServesDelegate(step.contexts(), lab.dns, lab.https);
    String said = step.run(see);
    assertThat(said).contains("HTTPS on 127.0.0.1", "DNS on 127.0.0.1");
    assertThat(step.run(see)).isEqualTo(said);
    assertThat(lab.changes()).isEqualTo(changes);
  }

  private void nginxOnSourceLeadsTo(String server) {
    lab.source
        .shell()
        .confFile(
            "reg-master/nginx/conf/site.conf",
            "upstream register_server {\n  server " + server + ";\n}\n");
  }

  @ParameterizedTest
  @MethodSource("stepsBeforeTheCutOver")
  void withADatabaseFromBeforeTheCutOverNoStepHarmsTheWriterDest(
      Function<StepContexts, StepDelegate> step) {
    nginxOnSourceLeadsTo("127.0.0.1:443");
    assertRefused(step.apply(this.step.contexts()), "leads clients to dest");
  }

  @ParameterizedTest
  @MethodSource("stepsBeforeTheCutOver")
  void aSourceThatFollowsTellsTheSame(Function<StepContexts, StepDelegate> step) {
    nginxOnSourceLeadsTo("register:9000");
    lab.source
        .shell()
        .confFile("reg-master/redis/conf/redis.conf", "port 6379\nreplicaof 127.0.0.1 4567\n");
    assertRefused(step.apply(this.step.contexts()), "makes source's Redis follow 127.0.0.1 4567");
  }

  private void assertRefused(StepDelegate delegate, String sign) {
    assertThatThrownBy(() -> step.run(delegate))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining(sign)
        .hasMessageContaining("dest is the writer")
        .hasMessageContaining("database restored");
    assertThat(lab.changes()).isZero();
    assertThat(lab.sourceRedis.fenced()).isFalse();
    assertThat(lab.destRedis.fenced()).isFalse();
    assertThat(lab.containers(lab.dest).look()).allSatisfy(c -> assertThat(c.up()).isTrue());
  }

  @Test
  void destStartsOnceSourceRefusesWritesAndTheCopyIsProven() {
    provenAndFenced();
    assertThatCode(() -> oneWriter().allow()).doesNotThrowAnyException();
    assertThatCode(() -> oneWriter().allow()).as("run twice").doesNotThrowAnyException();
    lab.containers(lab.dest).start();
    lab.dest.dataFile("appendonly.aof", "Redis has written since");
    assertThatCode(() -> oneWriter().allow()).as("retried").doesNotThrowAnyException();
  }

  @Test
  void aSourceThatSomebodyLetTakeWritesKeepsDestDown() {
    provenAndFenced();
    lab.sourceRedis.liftFence();
    assertThatThrownBy(() -> oneWriter().allow())
        .hasMessageContaining("somebody has let writes in since they were stopped")
        .hasMessageContaining("No client was led to dest");
  }

  @Test
  void aSourceThatFellSilentBehindItsFenceIsPutBackRatherThanLeftSo() {
    provenAndFenced();
    register.close();
    assertThatThrownBy(() -> oneWriter().allow())
        .hasMessageContaining("port 9000 of pryv_register_1")
        .hasMessageContaining("source is put back as it was");
    assertThat(lab.destData().proven().used()).isFalse();
  }

  @Test
  void aSourceThatARestartWouldLetTakeWritesKeepsDestFromBeingElected() {
    provenAndFenced();
    new RoleFile(lab.hands, lab.source.register()).writer();
    assertThatThrownBy(() -> oneWriter().allow())
        .hasMessageContaining("now and after a restart")
        .hasMessageContaining("No client was led to dest");
  }

  @Test
  void withoutTheProofDestIsNotElectedWhateverVariablesSay() {
    lab.bring();
    fence();
    assertThatThrownBy(() -> oneWriter().allow())
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("that proof was never made");
  }

  @Test
  void dataThatChangedSinceItsProofIsNotStartedFrom() {
    provenAndFenced();
    lab.dest.dataFile(PracticePlatform.BROUGHT, "set mallory");
    assertThatThrownBy(() -> oneWriter().allow())
        .hasMessageContaining("changed since: appendonly.aof");
  }

  @Test
  void aDestWhoseFenceSomebodyLiftedMayHoldWritesOfItsOwn() {
    provenAndFenced();
    lab.destRedis.liftFence();
    assertThatThrownBy(() -> oneWriter().allow())
        .hasMessageContaining("it may have taken writes of its own");
    assertThat(lab.destData().proven().used()).isFalse();
  }

  @Test
  void aDestWhoseRedisDiedHasTakenNothing() {
    provenAndFenced();
    lab.containers(lab.dest).killRedis();
    lab.destRedis.liftFence();
    assertThatCode(() -> oneWriter().allow()).doesNotThrowAnyException();
  }

  @Test
  void whileASyncRunsDestIsNotElected() {
    provenAndFenced();
    DetachedJob job =
        new DetachedJob(lab.shell(lab.dest), SandboxRegister.MIGRATION, "last-sync-1", "rsync");
    job.launch("sleep 600");
    try {
      assertThatThrownBy(() -> oneWriter().allow())
          .hasMessageContaining("last-sync-1 runs; dest was not elected");
    } finally {
      job.kill();
    }
    assertThatCode(() -> oneWriter().allow()).doesNotThrowAnyException();
  }

  @Test
  void theCountAtTheStopIsReadFromSourceAndNotFromAVariable() throws Exception {
    assertThatThrownBy(() -> step.run(new ProveDestDelegate(step.contexts())))
        .hasMessageContaining("this migration has not stopped writes there");
    Files.createDirectories(lab.source.work());
    Files.writeString(lab.source.work().resolve("source-at-stop"), "7\n");
    assertThatThrownBy(() -> step.run(new ProveDestDelegate(step.contexts())))
        .hasMessageContaining("what source held at the stop");
    lab.destRedis.user("alice", "alice@pryv.lab", "co1");
    assertThat(step.run(new ProveDestDelegate(step.contexts()))).contains("exactly");
  }

  private void provenAndFenced() {
    lab.bring();
    fence();
    lab.destData().proven().note();
  }

  private void fence() {
    new RoleFile(lab.hands, lab.source.register()).fenced();
    lab.sourceRedis.fence();
  }

  private OneWriter oneWriter() {
    return new OneWriter(
        lab.source.register(),
        lab.dest.register(),
        lab.containers(lab.dest),
        lab.door,
        lab.hands,
        SandboxRegister.MIGRATION);
  }
}
