package io.pryv.migration.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.lab.standin.RedisProcess;
import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.ConnectionLost;
import io.pryv.migration.machine.InMemoryJournal.Ran;
import io.pryv.migration.machine.SandboxHands;
import io.pryv.migration.machine.SandboxShell;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.StepFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.params.SetParams;

class JedisServerTest {

  private final RedisProcess source = RedisProcess.start();
  private final RedisProcess dest = RedisProcess.start();
  private final Jedis onSource = new Jedis("127.0.0.1", source.port());
  private final Jedis onDest = new Jedis("127.0.0.1", dest.port());
  private final SandboxShell sourceMachine = SandboxShell.of(Machine.Role.SOURCE);
  private final SandboxShell destMachine = SandboxShell.of(Machine.Role.DEST);
  private final SandboxHands hands = new SandboxHands(sourceMachine, destMachine);
  private final RedisServer server = open(sourceMachine, source);
  private final RedisServer other = open(destMachine, dest);

  @AfterEach
  void stop() {
    server.close();
    other.close();
    onSource.close();
    onDest.close();
    source.close();
    dest.close();
    sourceMachine.close();
    destMachine.close();
  }

  @Test
  void countsKeysByKindExactly() {
    users(onSource, 0, 5000);
    onSource.rpush("user1:inactive:email", "old@example.org");
    onSource.set("dbversion", "0.1.3");
    onSource.sadd("invitations", "a", "b");
    onSource.set("5k3j:access", "{}", SetParams.setParams().ex(60));
    onSource.set("other", "{}", SetParams.setParams().ex(60));
    assertThat(server.countKeys()).isEqualTo(new KeyCounts(5000, 5000, 5000, 1, 2, 2));
    assertThat(other.countKeys()).isEqualTo(new KeyCounts(0, 0, 0, 0, 0, 0));
    assertThat(server.lastingKeys()).isEqualTo(15_003);
    assertThat(other.lastingKeys()).isZero();
  }

  @Test
  void whatItHoldsIsInItsRdbOnceItIsSaved() {
    users(onSource, 0, 100);
    assertThat(server.info("persistence").get("rdb_changes_since_last_save")).isNotEqualTo("0");
    server.save();
    assertThat(server.info("persistence"))
        .containsEntry("rdb_changes_since_last_save", "0")
        .containsEntry("rdb_bgsave_in_progress", "0");
    assertThat(sourceMachine.changes())
        .extracting(Command::purpose)
        .anyMatch(purpose -> purpose.contains("BGSAVE"));
  }

  @Test
  void countsEachKeyOnceWhileTheTableIsResized() {
    users(onSource, 0, 3000);
    Thread resizing =
        new Thread(
            () -> {
              try (Jedis jedis = new Jedis("127.0.0.1", source.port())) {
                for (int round = 0; !Thread.interrupted(); round++) {
                  Pipeline pipeline = jedis.pipelined();
                  for (int i = 0; i < 20_000; i++) {
                    pipeline.set("access-" + round + "-" + i, "x", SetParams.setParams().px(5));
                  }
                  pipeline.sync();
                }
              } catch (JedisConnectionException e) {
                // The test is over.
              }
            });
    resizing.start();
    try {
      for (int i = 0; i < 5; i++) {
        assertThat(server.countKeys().users()).isEqualTo(3000);
      }
    } finally {
      resizing.interrupt();
    }
  }

  @Test
  void findsUsersThatTheOtherLacksOrHoldsDifferently() {
    users(onSource, 0, 2500);
    users(onDest, 0, 2500);
    onDest.set("only-there:server", "x");
    assertThat(server.compareUsersWith(other)).isEqualTo(new KeyComparison(7500, 0, List.of()));

    onDest.del("user7:users");
    onDest.hset("user8:users", "email", "another@example.org");
    onDest.hset("user9:users", "more", "1");
    onDest.set("user10:server", "core9.pryv.lab");
    onDest.del("user11@example.org:email");
    onDest.del("user12:server");
    onDest.rpush("user12:server", "a list");
    onSource.set("gone:access", "not compared", SetParams.setParams().ex(60));
    KeyComparison comparison = server.compareUsersWith(other);
    assertThat(comparison.compared()).isEqualTo(7500);
    assertThat(comparison.differing()).isEqualTo(6);
    assertThat(comparison.examples())
        .containsExactlyInAnyOrder(
            "user7:users",
            "user8:users",
            "user9:users",
            "user10:server",
            "user11@example.org:email",
            "user12:server");
  }

  @Test
  void aUserWhomAWriterHasChangedSinceIsNotLackingAndOneOfWhomNothingIsLeftIs() {
    users(onSource, 0, 20);
    users(onDest, 0, 20);
    onDest.hset("user8:users", "email", "another@example.org");
    onDest.del("user8@example.org:email");
    onDest.set("user10:server", "core9.pryv.lab");
    onSource.set("gone:access", "not compared", SetParams.setParams().ex(60));
    assertThat(server.findUsersIn(other)).isEqualTo(new KeyComparison(40, 0, List.of()));

    onDest.del("user7:users");
    onDest.del("user12:server");
    assertThat(server.findUsersIn(other))
        .isEqualTo(new KeyComparison(40, 2, List.of("user12:server", "user7:users")));
  }

  @Test
  void fieldsInAnotherOrderAndKeysOfUnusualTypesAreEqual() {
    onSource.hset("a:users", "username", "a");
    onSource.hset("a:users", "email", "é@x");
    onDest.hset("a:users", "email", "é@x");
    onDest.hset("a:users", "username", "a");
    for (Jedis jedis : List.of(onSource, onDest)) {
      jedis.rpush("odd:server", "1", "2");
      jedis.set("odd:users", "text");
      jedis.set(new byte[] {(byte) 0xff, ':', 'e', 'm', 'a', 'i', 'l'}, new byte[] {(byte) 0xfe});
    }
    assertThat(server.compareUsersWith(other)).isEqualTo(new KeyComparison(4, 0, List.of()));
  }

  @Test
  void namesTenDifferingKeysAtMost() {
    users(onSource, 0, 20);
    KeyComparison comparison = server.compareUsersWith(other);
    assertThat(comparison.differing()).isEqualTo(60);
    assertThat(comparison.examples()).hasSize(10);
  }

  @Test
  void aComparisonWhoseOtherSideDiesFailsAndLeavesNoConnection() {
    users(onSource, 0, 2000);
    dest.kill();
    assertThatThrownBy(() -> server.compareUsersWith(other))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("dest: 127.0.0.1:" + dest.port());
    Awaitility.await()
        .untilAsserted(
            () ->
                assertThat(onSource.clientList().lines().filter(line -> !line.isBlank()))
                    .hasSize(2));
  }

  @Test
  void samplesTheSameUsersOnBothSides() {
    users(onSource, 0, 1000);
    users(onDest, 500, 1000);
    users(onDest, 0, 500);
    onDest.hset("wactiv:users", "username", "wactiv");
    List<String> sample = server.sampleUsers(20, 42);
    assertThat(sample).hasSize(20).isSorted().isEqualTo(other.sampleUsers(20, 42));
    assertThat(server.sampleUsers(20, 43)).isNotEqualTo(sample);
    assertThat(other.sampleUsers(Integer.MAX_VALUE, 1)).hasSize(1000);
  }

  @Test
  void fencedItRefusesWritesAndReadsGoOn() {
    onSource.set("a", "1");
    assertThat(server.fenced()).isFalse();
    server.fence();
    server.fence();
    assertThat(server.fenced()).isTrue();
    assertThat(server.get("a")).isEqualTo("1");
    assertThatThrownBy(() -> server.set("a", "2"))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("NOREPLICAS")
        .hasMessageContaining("source");
    server.liftFence();
    assertThat(server.fenced()).isFalse();
    server.set("a", "2");
    assertThat(server.countKeys().lasting()).isEqualTo(1);
  }

  @Test
  void aLagThatTurnsTheFenceOffIsCorrected() {
    onSource.configSet("min-slaves-max-lag", "0");
    server.fence();
    assertThat(server.fenced()).isTrue();
    onSource.configSet("min-slaves-max-lag", "0");
    assertThat(server.fenced()).isFalse();
  }

  @Test
  void theFenceWaitsForAMultiThatWasQueuedBefore() {
    try (Jedis client = new Jedis("127.0.0.1", source.port())) {
      client.sendCommand(Protocol.Command.MULTI);
      client.sendCommand(Protocol.Command.SET, "queued", "1");
      Thread fencing = new Thread(server::fence);
      fencing.start();
      Awaitility.await().until(() -> onSource.configGet("min-slaves-to-write").containsValue("99"));
      assertThat(fencing.isAlive()).isTrue();
      client.sendCommand(Protocol.Command.DISCARD);
      Awaitility.await().until(() -> !fencing.isAlive());
    }
    assertThat(server.fenced()).isTrue();
  }

  @Test
  void aClientThatStaysInsideAMultiIsNamed() {
    try (Jedis client = new Jedis("127.0.0.1", source.port())) {
      client.sendCommand(Protocol.Command.MULTI);
      client.sendCommand(Protocol.Command.SET, "queued", "1");
      assertThatThrownBy(server::fence)
          .isInstanceOf(StepFailure.class)
          .hasMessageContaining("CLIENT KILL 127.0.0.1:");
      assertThat(server.fenced()).isTrue();
      client.sendCommand(Protocol.Command.DISCARD);
    }
  }

  @Test
  void followsAndIsPromoted() {
    other.set("written", "there");
    server.follow("127.0.0.1", dest.port());
    Awaitility.await()
        .until(() -> "up".equals(server.info("replication").get("master_link_status")));
    assertThat(server.info("replication")).containsEntry("role", "slave");
    assertThat(server.get("written")).isEqualTo("there");
    assertThatThrownBy(() -> server.set("a", "1")).hasMessageContaining("READONLY");
    server.fence();
    server.promote();
    assertThat(server.info("replication")).containsEntry("role", "master");
    assertThatThrownBy(() -> server.set("a", "1")).hasMessageContaining("NOREPLICAS");
  }

  @Test
  void whatItWasStandsInTheJournalBeforeAChangeAndWhatItIsAfter() {
    server.fence();
    server.follow("127.0.0.1", dest.port());
    server.promote();
    server.liftFence();

    assertThat(hands.journal().commands())
        .extracting(ran -> ran.command().purpose())
        .containsExactly(
            "Redis: fence it (min-slaves-to-write was 0, role master)",
            "Redis: follow 127.0.0.1:%d (role master)".formatted(dest.port()),
            "Redis: promote it: SLAVEOF NO ONE (role replica of 127.0.0.1:%d)"
                .formatted(dest.port()),
            "Redis: CONFIG SET min-slaves-to-write \"0\" (it was \"99\")");
    assertThat(hands.journal().commands())
        .extracting(Ran::tail)
        .satisfiesExactly(
            fence -> assertThat(fence).contains("+OK", "-NOREPLICAS"),
            follow ->
                assertThat(follow).contains("+OK", "role:slave", "master_port:" + dest.port()),
            promote -> assertThat(promote).contains("+OK", "role:master"),
            lift -> assertThat(lift).isEqualTo("+OK"));
  }

  @Test
  void aChangeWhoseAnswerIsLostIsFoundDoneOrNotByWhoeverLooks() {
    sourceMachine.loseConnectionAfter(command -> command.purpose().contains("follow"));
    assertThatThrownBy(() -> server.follow("127.0.0.1", dest.port()))
        .isInstanceOf(ConnectionLost.class);
    assertThat(server.info("replication")).containsEntry("role", "slave");
    assertThat(hands.journal().commands())
        .singleElement()
        .satisfies(ran -> assertThat(ran.exitCode()).contains(-1));

    sourceMachine.loseConnectionBefore(command -> command.purpose().contains("promote"));
    assertThatThrownBy(server::promote).isInstanceOf(ConnectionLost.class);
    assertThat(server.info("replication")).containsEntry("role", "slave");
  }

  @Test
  void aRedisThatIsGoneRefusesAChangeInWords() {
    dest.kill();
    RedisChanges changes = new RedisChanges(destMachine, "127.0.0.1", dest.port());
    assertThatThrownBy(() -> changes.run("x", ""))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("dest: Redis at 127.0.0.1:" + dest.port() + ": x")
        .hasMessageContaining("Connection refused");
  }

  @Test
  void keysAndValuesOfAnyKindArriveToTheByte() {
    for (String text : List.of("", "a b", "it's \"q\" \\ $(x) `y`", "é\r\n\t", "-1", "*")) {
      server.set("k " + text, text);
      assertThat(onSource.get("k " + text)).isEqualTo(text);
    }
  }

  @Test
  void settingsKeysAndLivesAreRead() {
    server.configure("repl-ping-slave-period", "7");
    assertThat(server.setting("repl-ping-slave-period")).isEqualTo("7");
    assertThat(server.setting("no-such-setting")).isEmpty();
    assertThatThrownBy(() -> server.configure("no-such-setting", "1"))
        .isInstanceOf(StepFailure.class);
    server.set("k", "é", Duration.ofMinutes(1));
    assertThat(onSource.pttl("k")).isBetween(50_000L, 60_000L);
    assertThat(server.get("k")).isEqualTo("é");
    server.delete("k");
    assertThat(server.get("k")).isNull();
    assertThat(server.info("server")).containsKey("redis_version");
  }

  @Test
  void aServerThatDiedIsToldWithItsMachine() {
    source.kill();
    assertThatThrownBy(server::countKeys)
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("source: Redis at 127.0.0.1");
    assertThatThrownBy(() -> other.compareUsersWith(new FakeRedis("x")))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private RedisServer open(SandboxShell machine, RedisProcess redis) {
    return new JedisServer(hands.on(machine.machine()), "127.0.0.1", redis.port());
  }

  static void users(Jedis jedis, int from, int to) {
    Pipeline pipeline = jedis.pipelined();
    for (int i = from; i < to; i++) {
      String key = "user" + i + ":users";
      String email = "user" + i + "@example.org";
      // One field at a time: before 4.0, HSET takes no more.
      Map.of("username", "user" + i, "email", email, "language", "fr")
          .forEach((field, value) -> pipeline.hset(key, field, value));
      pipeline.set("user" + i + ":server", "core1.pryv.lab");
      pipeline.set(email + ":email", "user" + i);
    }
    pipeline.sync();
  }

  @Test
  void aRedisOf2012IsToldToBeTooOld() throws Exception {
    try (ServerSocket old = new ServerSocket(0)) {
      Thread answers =
          new Thread(
              () -> {
                try (Socket client = old.accept()) {
                  client.getInputStream().read(new byte[1000]);
                  client
                      .getOutputStream()
                      .write(
                          "-ERR wrong number of arguments for 'info' command\r\n"
                              .getBytes(StandardCharsets.US_ASCII));
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
      answers.start();
      try (RedisServer server = new JedisServer(sourceMachine, "127.0.0.1", old.getLocalPort())) {
        assertThatThrownBy(() -> server.info("server"))
            .isInstanceOf(StepFailure.class)
            .hasMessageContaining("Redis 2.8 or newer is needed");
      }
      answers.join();
    }
  }
}
