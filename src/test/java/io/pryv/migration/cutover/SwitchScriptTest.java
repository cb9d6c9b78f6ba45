package io.pryv.migration.cutover;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pryv.lab.standin.FreePort;
import io.pryv.lab.standin.RedisLink;
import io.pryv.migration.cutover.Clients.Acknowledged;
import io.pryv.migration.cutover.SwitchLog.Outcome;
import io.pryv.migration.machine.CutDisk;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The switch, while clients register users all the time. */
@Tag("switch")
class SwitchScriptTest {

  private static final String SAY =
      "say() { local words=$*; clock; printf '%s000 %s\\n' \"$now\" \"${words//[$'\\n\\r']/ }\"; }\n";

  private final LivePlatform platform = new LivePlatform();
  private final Path log = platform.sourceMachine.shell().root().resolve("log");
  private final String confBefore = read(platform.conf);

  @AfterEach
  void close() {
    platform.close();
  }

  @Test
  void noWriteFailsNoneIsLostAndThereIsOneWriter() throws Exception {
    try (Clients clients = new Clients(platform.web, 8, 2)) {
      assertThat(switchNow("")).as(read(log)).isEqualTo(Outcome.SWITCHED);
      clients.end();
      assertThat(clients.failures).isEmpty();
      assertThat(clients.wrongReads).isEmpty();
      assertSwitched(clients);
      assertThat(log().words("linked")).contains("partial");
    }
  }

  @Test
  void noRegistrationIsRefusedAndNoUserIsLeftHalfCreated() throws Exception {
    try (Clients clients = new Clients(platform.web, 8, 2, "/user")) {
      assertThat(switchNow("")).as(read(log)).isEqualTo(Outcome.SWITCHED);
      clients.end();
      assertThat(clients.failures).isEmpty();
      assertThat(clients.wrongReads).isEmpty();
      assertSwitched(clients);
      assertNobodyHalfCreated(clients);
      assertAnsweredWithin(clients, Duration.ofMillis(1500));
      assertThat(log().millis("fence", "led").orElseThrow()).isLessThan(200);
    }
    assertThat(Files.exists(platform.failures()) ? read(platform.failures()) : "").isEmpty();
  }

  /** Else its nginx would lead to its own register again, whose Redis follows dest by then. */
  @Test
  void aSourceThatLosesItsPowerAfterTheSwitchLeadsToDestWhenItIsBack() throws Exception {
    try (CutDisk disk = CutDisk.at(platform.site.getParent())) {
      assertThat(switchNow("")).as(read(log)).isEqualTo(Outcome.SWITCHED);
      disk.cut();
      assertThat(platform.site).hasContent(platform.proxying());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"holding", "drained", "held", "caught-up"})
  void whatWaitsIsAnsweredBySourceWhenTheSwitchIsUndone(String subStep) throws Exception {
    try (Clients clients = new Clients(platform.web, 8, 1, "/user")) {
      assertThat(switchNow(once(subStep, "kill -9 $ssh $BASHPID"))).isEqualTo(Outcome.UNDONE);
      clients.end();
      assertThat(clients.failures).as(read(log)).isEmpty();
      assertUndone(clients);
      assertNobodyHalfCreated(clients);
      assertAnsweredWithin(clients, Duration.ofSeconds(5));
    }
  }

  @Test
  void whatWaitsForNobodyAnyMoreIsAnsweredBeforeTheFence() throws Exception {
    try (Clients clients = new Clients(platform.web, 2, 1, "/user")) {
      interrupt(once("drained", "kill -9 $$ $BASHPID"));
      int before = clients.acknowledged.size();
      Awaitility.await()
          .atMost(LivePlatform.LONGEST_WAIT.plusSeconds(20))
          .until(() -> clients.acknowledged.size() > before + 2);
      assertThat(settle()).isEqualTo(Outcome.UNDONE);
      clients.end();
      assertThat(clients.failures).isEmpty();
      assertNobodyHalfCreated(clients);
      assertUndone(clients);
    }
  }

  @Test
  void whatWaitsForNobodyAnyMoreIsRefusedBehindTheFence() throws Exception {
    try (Clients clients = new Clients(platform.web, 2, 1, "/user")) {
      interrupt(once("held", "kill -9 $$ $BASHPID"));
      Awaitility.await()
          .atMost(LivePlatform.LONGEST_WAIT.plusSeconds(20))
          .until(() -> !clients.failures.isEmpty());
      assertThat(settle()).isEqualTo(Outcome.UNDONE);
      clients.end();
      assertThat(clients.failures).allMatch(failure -> failure.contains(": 503 "));
      assertNobodyHalfCreated(clients);
      assertUndone(clients);
    }
  }

  /** As {@code promote} does it, up to the moment in which the answer would arrive. */
  private static final String ELECT =
      """
      put MULTI; put CONFIG SET appendfsync always; put CONFIG SET no-appendfsync-on-rewrite no
      put REPLICAOF NO ONE; put CONFIG SET min-replicas-to-write 0
      put EVAL "return redis.call('SET', KEYS[1], ARGV[1])" 1 $ELECTED "$token"
      put EXEC; flush "$DW"; pause 0.3
      """;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "connected",
        "ready",
        "holding",
        "drained",
        "fence",
        "held",
        "caught-up",
        "promote"
      })
  void killedBeforeDestIsElectedItIsUndoneByTheOneThatWatchesIt(String subStep) throws Exception {
    try (Clients clients = new Clients(platform.web, 4, 1)) {
      assertThat(switchNow(once(subStep, "kill -9 $BASHPID"))).isEqualTo(Outcome.UNDONE);
      clients.end();
      assertUndone(clients);
      assertServedWithin(clients, Duration.ofSeconds(5));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"promoted", "led", "moved", "reloaded", "turned", "proxying", "linked"})
  void killedAfterDestIsElectedItIsFinishedByTheOneThatWatchesIt(String subStep) throws Exception {
    try (Clients clients = new Clients(platform.web, 4, 1)) {
      assertThat(switchNow(once(subStep, "kill -9 $BASHPID"))).isEqualTo(Outcome.SWITCHED);
      clients.end();
      assertSwitched(clients);
      assertServedWithin(clients, Duration.ofSeconds(5));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"held", "promote"})
  void standingStillBeforeDestIsElectedItIsUndone(String subStep) throws Exception {
    try (Clients clients = new Clients(platform.web, 4, 1)) {
      assertThat(switchNow(once(subStep, "kill -STOP $BASHPID"))).isEqualTo(Outcome.UNDONE);
      clients.end();
      assertUndone(clients);
      assertServedWithin(clients, Duration.ofSeconds(5));
    }
  }

  @Test
  void standingStillAfterDestIsElectedItIsFinished() throws Exception {
    try (Clients clients = new Clients(platform.web, 4, 1)) {
      assertThat(switchNow(once("promoted", "kill -STOP $BASHPID"))).isEqualTo(Outcome.SWITCHED);
      clients.end();
      assertSwitched(clients);
      assertServedWithin(clients, Duration.ofSeconds(5));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"ready", "holding", "fence", "held", "caught-up", "promote"})
  void whenNobodyIsLeftTheNextTryUndoes(String subStep) throws Exception {
    try (Clients clients = new Clients(platform.web, 4, 1)) {
      interrupt(once(subStep, "kill -9 $$ $BASHPID"));
      assertThat(settle()).isEqualTo(Outcome.UNDONE);
      clients.end();
      assertUndone(clients);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"promoted", "led", "moved", "reloaded", "turned", "proxying", "linked"})
  void whenNobodyIsLeftTheNextTryFinishes(String subStep) throws Exception {
    try (Clients clients = new Clients(platform.web, 4, 1)) {
      interrupt(once(subStep, "kill -9 $$ $BASHPID"));
      assertThat(settle()).isEqualTo(Outcome.SWITCHED);
      clients.end();
      assertSwitched(clients);
    }
  }

  /** What a power cut leaves of notes that nobody has waited for: nothing. */
  private void losePower() throws Exception {
    for (String note : List.of("fenced", "promoting", "elected", "turned")) {
      Files.deleteIfExists(platform.state().resolve(note));
    }
    Path election = platform.state().resolve("election");
    Files.writeString(
        election, read(election).replaceFirst("^(\\S+ \\S+) \\S+", "$1 of-another-boot"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"fence", "promote"})
  void aPowerCutBeforeTheElectionIsUndoneOnceDestTellsThatItWasNotElected(String subStep)
      throws Exception {
    try (Clients clients = new Clients(platform.web, 4, 1)) {
      interrupt(once(subStep, "kill -9 $$ $BASHPID"));
      losePower();
      assertThat(settle()).isEqualTo(Outcome.UNDONE);
      clients.end();
      assertUndone(clients);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"promoted", "turned"})
  void aPowerCutAfterTheElectionIsFinishedForDestHoldsTheMark(String subStep) throws Exception {
    try (Clients clients = new Clients(platform.web, 4, 1)) {
      interrupt(once(subStep, "kill -9 $$ $BASHPID"));
      losePower();
      assertThat(settle()).isEqualTo(Outcome.SWITCHED);
      clients.end();
      assertSwitched(clients);
    }
  }

  /** By what a replica writes to its disk in the background, and by what it does not. */
  @ParameterizedTest
  @CsvSource({"everysec, no", "no, no", "everysec, yes"})
  void aDestThatLosesItsPowerOnceElectedHasAllThatSourceHad(
      String appendfsync, String unsyncedWhileSaving) throws Exception {
    try (RedisLink dest = platform.dest();
        PowerSupply power = new PowerSupply(platform.destRedis);
        Clients clients = new Clients(platform.web, 4, 1)) {
      for (String setting :
          List.of(
              "appendfsync " + appendfsync,
              "no-appendfsync-on-rewrite " + unsyncedWhileSaving,
              "rdb-key-save-delay 1000000")) {
        dest.send(("CONFIG SET " + setting).split(" ", -1)).get();
      }
      dest.send("BGSAVE").get();
      clients.awaitProgress();
      Process process = start(once("promoted", MEET));
      awaitMeeting();
      power.cut();
      platform.restartDestFenced();
      endMeeting();
      assertThat(end(process)).as(read(log)).isEqualTo(Outcome.SWITCHED);
      clients.end();
      assertSwitched(clients);
    }
  }

  @ParameterizedTest
  @CsvSource({"everysec, no", "always, no", "no, yes"})
  void destWritesToItsDiskAsBeforeOnceSourceFollows(String appendfsync, String unsyncedWhileSaving)
      throws Exception {
    try (RedisLink dest = platform.dest();
        Clients clients = new Clients(platform.web, 4, 1)) {
      dest.send("CONFIG", "SET", "appendfsync", appendfsync).get();
      dest.send("CONFIG", "SET", "no-appendfsync-on-rewrite", unsyncedWhileSaving).get();
      Process process = start(once("turned", "kill -9 $BASHPID; ") + once("settle", MEET));
      awaitMeeting();
      assertThat(LivePlatform.setting(dest, "appendfsync")).isEqualTo("always");
      assertThat(LivePlatform.setting(dest, "no-appendfsync-on-rewrite")).isEqualTo("no");
      endMeeting();
      assertThat(end(process)).isEqualTo(Outcome.SWITCHED);
      assertThat(LivePlatform.setting(dest, "appendfsync")).isEqualTo(appendfsync);
      assertThat(LivePlatform.setting(dest, "no-appendfsync-on-rewrite"))
          .isEqualTo(unsyncedWhileSaving);
      clients.end();
      assertSwitched(clients);
    }
  }

  @Test
  void itDoesNotBeginWithADestThatKeepsNoAppendOnlyFile() throws Exception {
    try (RedisLink dest = platform.dest();
        Clients clients = new Clients(platform.web, 2, 1)) {
      dest.send("CONFIG", "SET", "appendonly", "no").get();
      assertThat(switchNow("")).isEqualTo(Outcome.UNDONE);
      assertThat(log().said()).contains("dest's Redis keeps no append-only file");
      clients.end();
      assertThat(clients.failures).isEmpty();
      assertUndone(clients);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"moved", "turned"})
  void anElectedDestWithoutTheMarkIsNeitherUndoneNorCopiedBySource(String subStep)
      throws Exception {
    try (Clients clients = new Clients(platform.web, 4, 1)) {
      interrupt(once(subStep, "kill -9 $$ $BASHPID"));
      try (RedisLink dest = platform.dest()) {
        dest.send("DEL", "register-migration:elected").get();
      }
      assertThat(settle()).isEqualTo(Outcome.UNKNOWN);
      assertThat(log().said()).contains("does not hold the mark of its election any more");
      try (RedisLink source = platform.source()) {
        assertThat(LivePlatform.setting(source, "min-replicas-to-write")).isEqualTo("99");
        assertThat(LivePlatform.info(source, "replication"))
            .contains("role:" + (subStep.equals("turned") ? "slave" : "master"));
      }
      assertThat(read(platform.conf)).contains("min-replicas-to-write 99");
      assertThat(clients.wrongReads).as("reads are served").isEmpty();
    }
  }

  @Test
  void aDestThatTakesWritesWithoutTheMarkIsNoReasonToUndo() throws Exception {
    platform.holdNothing();
    try (Clients clients = new Clients(platform.web, 4, 1)) {
      interrupt(once("promoted", "kill -9 $$ $BASHPID"));
      losePower();
      try (RedisLink dest = platform.dest()) {
        dest.send("DEL", "register-migration:elected").get();
      }
      assertThat(settle()).isEqualTo(Outcome.UNKNOWN);
      assertThat(log().said()).contains("does not hold the mark of its election");
      try (RedisLink source = platform.source()) {
        assertThat(LivePlatform.setting(source, "min-replicas-to-write")).isEqualTo("99");
        assertOneWriter(clients, LivePlatform.runId(source));
      }
    }
  }

  @Test
  void notesThatTellNothingAreNoReasonToUndo() throws Exception {
    try (Clients clients = new Clients(platform.web, 4, 1)) {
      interrupt(once("held", "kill -9 $$ $BASHPID"));
      Files.writeString(platform.state().resolve("before"), "");
      assertThat(settle()).isEqualTo(Outcome.UNKNOWN);
      assertThat(log().said()).contains("does not say which settings to put back");
      assertThat(read(platform.conf)).contains("min-replicas-to-write 99");
      assertThat(clients.wrongReads).as("source serves reads").isEmpty();
    }
  }

  @Test
  void onlyItsWatcherKilledTheSwitchGoesOn() throws Exception {
    try (Clients clients = new Clients(platform.web, 4, 1)) {
      assertThat(switchNow(once("held", "kill -9 $$"))).isEqualTo(Outcome.SWITCHED);
      clients.end();
      assertThat(clients.failures).isEmpty();
      assertSwitched(clients);
    }
  }

  @Test
  void anElectionWhoseAnswerIsLostIsFinished() throws Exception {
    try (Clients clients = new Clients(platform.web, 4, 1)) {
      assertThat(switchNow(once("promote", ELECT + "kill -9 $ssh $BASHPID")))
          .isEqualTo(Outcome.SWITCHED);
      clients.end();
      assertSwitched(clients);
      assertServedWithin(clients, Duration.ofSeconds(5));
    }
  }

  @Test
  void anElectedDestThatDiesAtOnceKnowsItAfterItsRestart() throws Exception {
    try (Clients clients = new Clients(platform.web, 4, 1)) {
      Process process = start(once("promote", ELECT + MEET + "kill -9 $BASHPID"));
      awaitMeeting();
      platform.destRedis.kill();
      endMeeting();
      Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> read(log).contains(" settle "));
      platform.restartDestFenced();
      assertThat(end(process)).isEqualTo(Outcome.SWITCHED);
      clients.end();
      assertSwitched(clients);
    }
  }

  @Test
  void aDestThatDiesBeforeItsElectionLeavesSourceTheWriter() throws Exception {
    try (Clients clients = new Clients(platform.web, 4, 1)) {
      Process process = start(once("held", MEET));
      awaitMeeting();
      platform.destRedis.kill();
      endMeeting();
      assertThat(end(process)).isEqualTo(Outcome.UNDONE);
      clients.end();
      assertUndone(clients);
      assertServedWithin(clients, Duration.ofSeconds(5));
    }
  }

  @Test
  void aDestThatDiesWithTheElectionOnItsWayWasNotElected() throws Exception {
    try (Clients clients = new Clients(platform.web, 4, 1)) {
      Process process = start(once("promote", MEET));
      awaitMeeting();
      platform.destRedis.kill();
      endMeeting();
      Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> read(log).contains(" settle "));
      int before = clients.acknowledged.size();
      platform.restartDestFenced();
      assertThat(end(process)).isEqualTo(Outcome.UNDONE);
      // Nobody could know before: two writers would have been worse than none.
      assertThat(before).isEqualTo(ofSource(clients, before));
      clients.end();
      assertUndone(clients);
    }
  }

  @Test
  void aDestThatStaysAwayIsUnknownWithTheRemedyAndItsReturnSettlesIt() throws Exception {
    try (Clients clients = new Clients(platform.web, 4, 1)) {
      Process process = start(once("promote", MEET));
      awaitMeeting();
      platform.destRedis.kill();
      endMeeting();
      assertThat(end(process)).isEqualTo(Outcome.UNKNOWN);
      assertThat(log().said())
          .contains("dest does not tell whether it was elected", "make dest's Redis reachable")
          .endsWith("two writers would be worse");
      assertThat(clients.wrongReads).as("source serves reads").isEmpty();
      platform.restartDestFenced();
      assertThat(settle()).isEqualTo(Outcome.UNDONE);
      clients.end();
      assertUndone(clients);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"promoted", "moved", "turned"})
  void anElectedDestThatIsStartedAgainFencedTakesWrites(String subStep) throws Exception {
    try (Clients clients = new Clients(platform.web, 4, 1)) {
      Process process = start(once(subStep, MEET));
      awaitMeeting();
      platform.destRedis.kill();
      platform.restartDestFenced();
      endMeeting();
      assertThat(end(process)).isEqualTo(Outcome.SWITCHED);
      clients.end();
      assertSwitched(clients);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"promoted", "moved", "turned"})
  void aDeadWayToDestAfterItsElectionIsOpenedAnew(String subStep) throws Exception {
    try (Clients clients = new Clients(platform.web, 4, 1)) {
      assertThat(switchNow(once(subStep, "kill -9 $ssh; wait $ssh"))).isEqualTo(Outcome.SWITCHED);
      clients.end();
      assertThat(clients.failures).isEmpty();
      assertSwitched(clients);
    }
  }

  @Test
  void aReplicationThatStandsStillIsUndoneAtTheDeadline() throws Exception {
    try (RedisLink dest = platform.dest();
        Clients clients = new Clients(platform.web, 4, 1)) {
      Process process = start(once("ready", MEET));
      awaitMeeting();
      dest.send("REPLICAOF", "127.0.0.1", String.valueOf(FreePort.next())).get();
      clients.awaitProgress();
      endMeeting();
      assertThat(end(process)).isEqualTo(Outcome.UNDONE);
      assertThat(log().words("caught-up")).isEmpty();
      clients.end();
      assertUndone(clients);
      assertServedWithin(clients, Duration.ofSeconds(5));
    }
  }

  @Test
  void clientsDoNotWaitForATunnelThroughWhichSourceIsToFollow() throws Exception {
    try (RedisLink dest = platform.dest();
        Clients clients = new Clients(platform.web, 4, 1)) {
      Process process = start(once("reloaded", MEET));
      awaitMeeting();
      dest.send("CONFIG", "SET", "requirepass", "nobody-knows").get();
      endMeeting();
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> read(log).contains(" proxying"));
      clients.awaitProgress();
      assertThat(read(log)).doesNotContain(" linked");
      dest.send("CONFIG", "SET", "requirepass", "").get();
      assertThat(end(process)).isEqualTo(Outcome.SWITCHED);
      clients.end();
      assertThat(clients.failures).isEmpty();
      assertSwitched(clients);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"held", "promote"})
  void aDeadWayToDestUndoesAsLongAsDestIsNotElected(String subStep) throws Exception {
    try (Clients clients = new Clients(platform.web, 4, 1)) {
      assertThat(switchNow(once(subStep, "kill -9 $ssh; wait $ssh"))).isEqualTo(Outcome.UNDONE);
      clients.end();
      assertUndone(clients);
      assertServedWithin(clients, Duration.ofSeconds(5));
    }
  }

  @Test
  void itIsUndoneWhenTheDeadlineHasPassed() throws Exception {
    try (Clients clients = new Clients(platform.web, 4, 1)) {
      assertThat(
              switchNow(
                  once(
                      "caught-up",
                      "clock; while [ $now -le $deadline ]; do pause 0.01; clock; done")))
          .isEqualTo(Outcome.UNDONE);
      assertThat(log().said()).contains("could not be elected within");
      clients.end();
      assertUndone(clients);
      assertServedWithin(clients, Duration.ofSeconds(5));
    }
  }

  @Test
  void nginxThatRefusesItsFileKeepsTheOldOneAndNoWriteFails() throws Exception {
    Files.writeString(platform.staged, "this is no configuration;\n");
    try (Clients clients = new Clients(platform.web, 4, 1)) {
      assertThat(switchNow("")).isEqualTo(Outcome.BUT);
      assertThat(log().said()).contains("nginx on source did not take its new file");
      clients.end();
      assertThat(clients.failures).isEmpty();
      assertThat(clients.wrongReads).isEmpty();
      assertThat(platform.site).hasContent(platform.retrying());
      try (RedisLink dest = platform.dest()) {
        assertHolds(dest, clients);
      }
    }
    // Once the file is right, the next try has only that left to do.
    Files.writeString(platform.staged, platform.proxying());
    try (Clients clients = new Clients(platform.web, 4, 1)) {
      assertThat(settle()).isEqualTo(Outcome.SWITCHED);
      assertThat(platform.site).hasContent(platform.proxying());
      clients.end();
      assertThat(clients.failures).isEmpty();
    }
  }

  @Test
  void aClientThatStaysInsideAMultiStopsItBeforeAnyoneIsHeld() throws Exception {
    try (Clients clients = new Clients(platform.web, 4, 1);
        Socket inside = new Socket(InetAddress.getLoopbackAddress(), platform.sourceRedis.port())) {
      inside.getOutputStream().write("MULTI\r\nSET x 1\r\n".getBytes(StandardCharsets.US_ASCII));
      assertThat(inside.getInputStream().readNBytes(14)).isNotEmpty();

      assertThat(switchNow("")).isEqualTo(Outcome.UNDONE);

      assertThat(log().said()).contains("127.0.0.1:" + inside.getLocalPort() + " of source's");
      assertThat(log().words("fence")).isEmpty();
      clients.end();
      assertThat(clients.failures).isEmpty();
      assertUndone(clients);
    }
  }

  @Test
  void aClientThatSlipsIntoAMultiMakesItTryAgain() throws Exception {
    String slipIn =
        """
        case $1 in
          fence) [ -n "${slipped:-}" ] || { exec {slipped}<>/dev/tcp/127.0.0.1/%d
            printf 'MULTI\\r\\nSET slipped-in 1\\r\\n' >&$slipped; read -ru $slipped; read -ru $slipped; } ;;
          lifted) printf 'EXEC\\r\\n' >&$slipped ;;
        esac
        """
            .formatted(platform.sourceRedis.port());
    try (Clients clients = new Clients(platform.web, 4, 1)) {
      assertThat(switchNow(slipIn)).isEqualTo(Outcome.SWITCHED);
      assertThat(log().words("lifted").orElse("")).contains("is inside a MULTI");
      clients.end();
      assertSwitched(clients);
    }
    try (RedisLink dest = platform.dest()) {
      assertThat(dest.send("GET", "slipped-in").get().value()).isEqualTo("1");
    }
  }

  @Test
  void itDoesNotBeginWhileDestRewritesItsAof() throws Exception {
    try (RedisLink dest = platform.dest()) {
      dest.send("CONFIG", "SET", "rdb-key-save-delay", "1000000").get();
      // One that the first sync has begun is not slowed, and ends soon.
      Awaitility.await().ignoreExceptions().until(() -> dest.send("BGREWRITEAOF").get() != null);
    }
    try (Clients clients = new Clients(platform.web, 2, 1)) {
      assertThat(switchNow("")).isEqualTo(Outcome.UNDONE);
      assertThat(log().said()).contains("rewrites its AOF");
      clients.end();
      assertThat(clients.failures).isEmpty();
      assertUndone(clients);
    }
  }

  @Test
  void itIsUndoneWhenDestBeginsToRewriteItsAofBehindTheFence() throws Exception {
    String rewrite =
        "exec {hooked}<>/dev/tcp/127.0.0.1/%d; printf '%%s\\r\\n' 'CONFIG SET rdb-key-save-delay 1000000' BGREWRITEAOF >&$hooked; read -ru $hooked; read -ru $hooked"
            .formatted(platform.destRedis.port());
    try (Clients clients = new Clients(platform.web, 2, 1)) {
      assertThat(switchNow(once("fence", rewrite))).isEqualTo(Outcome.UNDONE);
      assertThat(log().said()).contains("rewrites its AOF");
      assertThat(log().words("held")).isPresent();
      clients.end();
      assertUndone(clients);
      assertServedWithin(clients, Duration.ofSeconds(5));
    }
  }

  @Test
  void measuringChangesNothing() throws Exception {
    String runId = runId(platform.source());
    Process process = platform.run(platform.script().measuring(runId, runId(platform.dest())), log);
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(log().said()).matches("measured \\d+ ms");
    try (Clients clients = new Clients(platform.web, 1, 0)) {
      clients.end();
      assertUndone(clients);
    }
  }

  @Test
  void aUserWhomACoreHasCreatedIsNotCreatedTwiceButNamed() throws Exception {
    platform.holdNothing();
    try (Clients clients = new Clients(platform.web, 2, 0)) {
      Process process = start(once("promoted", MEET));
      awaitMeeting();
      // Source is fenced, and nginx leads to it still.
      HttpURLConnection answer =
          Clients.post("http://127.0.0.1:" + platform.web, "/user", "caught");
      assertThat(answer.getResponseCode()).isEqualTo(500);
      endMeeting();
      assertThat(end(process)).isEqualTo(Outcome.SWITCHED);
      clients.end();
      assertThat(clients.failures).isEmpty();
    }
    assertThat(read(platform.failures())).endsWith(" POST /user 500 caught\n");
    // The core knows the user: only the remedy helps, which asks no core.
    String address = "http://127.0.0.1:" + platform.web;
    assertThat(Clients.post(address, "/user", "caught").getResponseCode()).isEqualTo(500);
    assertThat(Clients.post(address, "/users", "caught").getResponseCode()).isEqualTo(201);
  }

  @Test
  void withoutTheRetryWritesAreRefusedForAMomentAndNoneIsLost() throws Exception {
    platform.holdNothing();
    platform.useSite(platform.original());
    try (Clients clients = new Clients(platform.web, 8, 2)) {
      assertThat(switchNow("")).isEqualTo(Outcome.SWITCHED);
      clients.end();
      assertThat(clients.wrongReads).isEmpty();
      assertSwitched(clients);
      assertServedWithin(clients, Duration.ofSeconds(1));
    }
  }

  /** Both sides wait for each other there. */
  private static final String MEET =
      ": >\"$SANDBOX/met\"; while [ -e \"$SANDBOX/met\" ]; do pause 0.01; done; ";

  private Path met() {
    return platform.sourceMachine.shell().root().resolve("met");
  }

  private void awaitMeeting() {
    Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> Files.exists(met()));
  }

  private void endMeeting() throws Exception {
    Files.delete(met());
  }

  /** Done the first time that a sub-step of that name is told of. */
  private static String once(String subStep, String bash) {
    return "if [ \"$1\" = %s ] && [ ! -e \"$state/hooked-%1$s\" ]; then : >\"$state/hooked-%1$s\"; %s\nfi\n"
        .formatted(subStep, bash);
  }

  private Process start(String hook) throws Exception {
    platform.prepare();
    return start(
        platform.script().switching(runId(platform.source()), runId(platform.dest())), hook);
  }

  private Outcome switchNow(String hook) throws Exception {
    return end(start(hook));
  }

  /** A switch after which nobody is left, so that no outcome is told. */
  private void interrupt(String hook) throws Exception {
    assertThat(start(hook).waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(log().outcome()).isEmpty();
  }

  private Outcome settle() throws Exception {
    Files.delete(log);
    return end(start(platform.script().settling(), ""));
  }

  /** Runs a script with a hook in the place where it tells of its sub-steps: {@code $1} is one. */
  private Process start(String script, String hook) {
    assertThat(script).contains(SAY);
    return platform.run(
        script.replace(
            SAY, SAY.replace("; }\n", "; hook \"$@\"; }\nhook() {\n" + hook + "\ntrue\n}\n")),
        log);
  }

  private Outcome end(Process process) throws Exception {
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).as(read(log)).isTrue();
    Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> log().outcome().isPresent());
    return log().outcome().orElseThrow();
  }

  private static long ofSource(Clients clients, int count) {
    return clients.acknowledged.stream().limit(count).map(Acknowledged::runId).distinct().count()
            == 1
        ? count
        : -1;
  }

  /** Whom the core knows, the register knows that takes the writes. */
  private void assertNobodyHalfCreated(Clients clients) throws Exception {
    JsonNode created =
        new ObjectMapper()
            .readTree(URI.create("http://127.0.0.1:" + platform.core.port()).toURL().openStream())
            .path("users");
    assertThat(created.size()).isGreaterThanOrEqualTo(clients.acknowledged.size());
    List<String> half = new ArrayList<>();
    try (RedisLink source = platform.source();
        RedisLink dest = platform.dest()) {
      RedisLink writer =
          LivePlatform.info(source, "replication").contains("role:master") ? source : dest;
      for (JsonNode user : created) {
        if (!writer.send("EXISTS", user.asText() + ":users").get().value().equals(1L)) {
          half.add(user.asText());
        }
      }
    }
    assertThat(half).isEmpty();
  }

  private static void assertAnsweredWithin(Clients clients, Duration longest) {
    assertThat(clients.acknowledged)
        .allMatch(write -> write.answered() - write.asked() < longest.toNanos());
  }

  private static void assertServedWithin(Clients clients, Duration longest) {
    List<Long> answers =
        clients.acknowledged.stream().map(Acknowledged::answered).sorted().toList();
    for (int i = 1; i < answers.size(); i++) {
      assertThat(Duration.ofNanos(answers.get(i) - answers.get(i - 1))).isLessThan(longest);
    }
  }

  private SwitchLog log() {
    return SwitchLog.parse(read(log));
  }

  /** Dest has all that was acknowledged, source follows it, and everything else is as it should. */
  private void assertSwitched(Clients clients) throws Exception {
    try (RedisLink source = platform.source();
        RedisLink dest = platform.dest()) {
      assertThat(LivePlatform.info(dest, "replication")).contains("role:master");
      assertThat(LivePlatform.setting(dest, "min-replicas-to-write")).isEqualTo("0");
      assertThat(LivePlatform.info(source, "replication"))
          .contains("role:slave")
          .contains("master_port:" + platform.destRedis.port());
      assertThat(LivePlatform.setting(source, "min-replicas-to-write")).isEqualTo("99");
      assertThat(LivePlatform.setting(source, "repl-ping-replica-period")).isEqualTo("10");
      assertThat(read(platform.conf))
          .contains("replicaof 127.0.0.1 " + platform.destRedis.port())
          .contains("min-replicas-to-write 99");
      assertThat(platform.site).hasContent(platform.proxying());
      assertThat(platform.staged).doesNotExist();
      assertThat(dest.send("EXISTS", "register-migration:elected").get().value()).isEqualTo(0L);
      assertHolds(dest, clients);
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(() -> assertHolds(source, clients));
      assertOneWriter(clients, LivePlatform.runId(source));
    }
  }

  /** Source is the writer, as before, and has all that was acknowledged. */
  private void assertUndone(Clients clients) throws Exception {
    try (RedisLink source = platform.source()) {
      assertThat(LivePlatform.info(source, "replication")).contains("role:master");
      assertThat(LivePlatform.setting(source, "min-replicas-to-write")).isEqualTo("0");
      assertThat(LivePlatform.setting(source, "repl-ping-replica-period")).isEqualTo("10");
      assertThat(read(platform.conf)).isEqualTo(confBefore);
      assertThat(platform.site).hasContent(platform.retrying());
      assertThat(platform.staged).hasContent(platform.proxying());
      assertHolds(source, clients);
      String runId = LivePlatform.runId(source);
      assertThat(clients.acknowledged).allMatch(write -> write.runId().equals(runId));
    }
  }

  private static void assertHolds(RedisLink redis, Clients clients) throws Exception {
    List<String> missing = new ArrayList<>();
    for (Acknowledged write : clients.acknowledged) {
      if (!redis.send("EXISTS", write.name() + ":users").get().value().equals(1L)) {
        missing.add(write.name());
      }
    }
    assertThat(missing).isEmpty();
  }

  /** No write that was asked for after another Redis than source's took one was source's. */
  private static void assertOneWriter(Clients clients, String source) {
    long first =
        clients.acknowledged.stream()
            .filter(write -> !write.runId().equals(source))
            .mapToLong(Acknowledged::answered)
            .min()
            .orElseThrow();
    assertThat(clients.acknowledged)
        .filteredOn(write -> write.asked() > first)
        .isNotEmpty()
        .noneMatch(write -> write.runId().equals(source));
  }

  private static String runId(RedisLink redis) throws Exception {
    try (redis) {
      return LivePlatform.runId(redis);
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
