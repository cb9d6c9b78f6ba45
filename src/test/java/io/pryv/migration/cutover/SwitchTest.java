package io.pryv.migration.cutover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.lab.standin.RedisLink;
import io.pryv.migration.cutover.SwitchLog.Outcome;
import io.pryv.migration.machine.ConnectionLost;
import io.pryv.migration.machine.DetachedJob;
import io.pryv.migration.machine.FileUndo;
import io.pryv.migration.platform.StepFailure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The switch as this program launches it, looks at it, and comes back to it. */
class SwitchTest {

  private final LivePlatform platform = new LivePlatform();

  @AfterEach
  void close() {
    platform.close();
  }

  private Switch.Look end() {
    Switch.Look[] last = new Switch.Look[1];
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () -> {
              // Each time a new one, as after our own restart.
              last[0] = platform.switchOver().look(Duration.ofMillis(200));
              return last[0].outcome().isPresent();
            });
    return last[0];
  }

  @Test
  void itIsSwitchedOnceAndToldAgainToWhoeverLooksLater() throws Exception {
    try (Clients clients = new Clients(platform.web, 4, 1)) {
      assertThat(platform.switchOver().measure())
          .isBetween(Duration.ofMillis(60), Duration.ofMillis(500));
      assertThat(end().outcome()).contains(Outcome.SWITCHED);
      clients.end();
      assertThat(clients.failures).isEmpty();
    }
    assertThat(conf()).contains("replicaof 127.0.0.1 " + platform.destRedis.port());
    assertThat(platform.destConf).as("dest's next start is a writer's").hasContent("port 6379\n");
    SwitchLog first = end().log();
    assertThat(end().log()).isEqualTo(first);
    // What the switch moved is in the journal: a rollback finds the bytes from before.
    assertThat(undo(platform.site.toString())).isTrue();
    assertThat(platform.site).hasContent(platform.retrying());
  }

  @Test
  void anUndoneOneLeavesTheFilesAsTheyWereAndCanBeTriedAgain() throws Exception {
    String before = conf();
    try (RedisLink dest = platform.dest()) {
      dest.send("CONFIG", "SET", "min-replicas-to-write", "0").get();
      Switch.Look look = end();
      assertThat(look.outcome()).contains(Outcome.UNDONE);
      assertThat(look.log().said()).contains("dest is not fenced");
      assertThat(conf()).isEqualTo(before);
      assertThat(undo(platform.conf.toString())).isFalse();
      dest.send("CONFIG", "SET", "min-replicas-to-write", "99").get();
    }
    assertThat(end().outcome()).contains(Outcome.SWITCHED);
  }

  @Test
  void withoutTheFileForNginxItDoesNotBegin() throws Exception {
    Files.delete(platform.staged);
    assertThatThrownBy(() -> platform.switchOver().look(Duration.ZERO))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("retry the step before this one");
    assertThat(platform.state()).doesNotExist();
    assertThat(conf()).as("a restart would not make source a replica").doesNotContain("replicaof");
  }

  @Test
  void whereNoneWasBegunThereIsNothingToSettle() {
    assertThat(platform.switchOver().settle(Duration.ZERO)).isEmpty();
    assertThat(platform.state()).doesNotExist();
  }

  @Test
  void oneThatIsUnderWayIsWaitedForByWhoeverSettlesIt() {
    platform.switchOver().look(Duration.ZERO);
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () ->
                platform
                    .switchOver()
                    .settle(Duration.ofMillis(200))
                    .orElseThrow()
                    .outcome()
                    .isPresent());
    assertThat(platform.switchOver().settle(Duration.ZERO).orElseThrow().outcome())
        .contains(Outcome.SWITCHED);
  }

  @Test
  void onceAReturnHasBegunDestIsNotElectedAnewByALateLook() throws Exception {
    end();
    Files.writeString(platform.conf, "port 6379\nmin-replicas-to-write 99\n");
    Files.writeString(platform.destConf, "port 6379\nmin-replicas-to-write 99\n");
    try (RedisLink dest = platform.dest()) {
      dest.send("CONFIG", "SET", "min-replicas-to-write", "99").get();

      platform.switchOver().look(Duration.ZERO);

      assertThat(LivePlatform.setting(dest, "min-replicas-to-write")).isEqualTo("99");
      assertThat(platform.destConf).content().contains("min-replicas-to-write 99");
    }
  }

  @Test
  void aSourceThatStartedAgainBetweenThePreparationAndTheSwitchTakesWritesAgain() throws Exception {
    prepareAndStartSourceAgain();

    Switch.Look look = end();

    assertThat(look.outcome()).contains(Outcome.UNDONE);
    assertThatSourceTakesWrites();
  }

  @Test
  void whatWasOnlyPreparedIsSettledForARollback() throws Exception {
    prepareAndStartSourceAgain();

    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> platform.switchOver().settle(Duration.ofMillis(200)).isEmpty());

    assertThatSourceTakesWrites();
  }

  /** The launch never got there, and source's Redis has read its new file since. */
  private void prepareAndStartSourceAgain() throws Exception {
    platform
        .sourceMachine
        .shell()
        .loseConnectionBefore(command -> command.purpose().startsWith("launch"));
    assertThatThrownBy(() -> platform.switchOver().look(Duration.ZERO))
        .isInstanceOf(ConnectionLost.class);
    platform.sourceMachine.shell().loseConnectionBefore(command -> false);
    assertThat(conf()).contains("replicaof ");
    try (RedisLink source = platform.source()) {
      source.send("CONFIG", "SET", "min-replicas-to-write", "99").get();
      source.send("REPLICAOF", "127.0.0.1", "1").get();
    }
  }

  private void assertThatSourceTakesWrites() throws Exception {
    assertThat(conf()).doesNotContain("replicaof ");
    try (RedisLink source = platform.source()) {
      assertThat(LivePlatform.info(source, "replication")).contains("role:master");
      assertThat(LivePlatform.setting(source, "min-replicas-to-write")).isEqualTo("0");
      assertThat(source.send("SET", "someone:server", "core1.pryv.lab").get().value())
          .isEqualTo("OK");
    }
  }

  @Test
  void oneThatVanishedIsSettledByTheNextLook() throws Exception {
    platform.prepare();
    // As it is when the whole session was killed between the fence and the election.
    Files.writeString(platform.state().resolve("before"), "0 10 10\n");
    try (RedisLink source = platform.source()) {
      source.send("CONFIG", "SET", "min-replicas-to-write", "99").get();
      DetachedJob job =
          new DetachedJob(
              platform.hands.on(platform.source.machine()),
              LivePlatform.MIGRATION,
              "switch",
              "test");
      job.launch("echo 1718000000000000000 begin switch; kill -9 $PPID $$");
      Awaitility.await()
          .atMost(Duration.ofSeconds(10))
          .until(() -> !job.look(Duration.ZERO).running());

      Switch.Look look = end();

      assertThat(look.outcome()).contains(Outcome.UNDONE);
      assertThat(LivePlatform.setting(source, "min-replicas-to-write")).isEqualTo("0");
    }
  }

  private boolean undo(String path) {
    return new FileUndo(
            "source", platform.hands.files(platform.source.machine()), platform.hands.journal())
        .undo(path);
  }

  private String conf() throws IOException {
    return Files.readString(platform.conf, StandardCharsets.ISO_8859_1);
  }
}
