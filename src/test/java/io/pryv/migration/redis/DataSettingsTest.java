package io.pryv.migration.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.lab.standin.RedisProcess;
import io.pryv.migration.machine.SandboxShell;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.StepFailure;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Pipeline;

class DataSettingsTest {

  private static final Map<String, String> NORMAL =
      Map.of("min-replicas-to-write", "0", "appendonly", "yes", "maxmemory", "0");

  private static SandboxShell machine;
  private static RedisProcess real;
  private static RedisServer redis;

  @BeforeAll
  static void start() {
    machine = SandboxShell.of(Machine.Role.SOURCE);
    real = RedisProcess.start();
    redis = new JedisServer(machine, "127.0.0.1", real.port());
  }

  @AfterAll
  static void stop() {
    redis.close();
    real.close();
    machine.close();
  }

  @ParameterizedTest
  @CsvSource({
    "maxmemory, 3mb, maxmemory 3145728",
    "databases, 4, databases 4",
    "appendonly, yes, appendonly yes",
    "appendfsync, no, appendfsync no",
    "no-appendfsync-on-rewrite, yes, no-appendfsync-on-rewrite yes",
    "aof-load-truncated, no, aof-load-truncated no",
    "dbfilename, other.rdb, dbfilename other.rdb",
    "stop-writes-on-bgsave-error, no, stop-writes-on-bgsave-error no",
    "notify-keyspace-events, Kx, notify-keyspace-events Kx",
    "slave-serve-stale-data, no, replica-serve-stale-data no",
  })
  void whatDestWouldLoseRefuseOrHideIsFoundInARunningRedisAndInAFileAlone(
      String setting, String value, String found) {
    DataSettings source = DataSettings.of(redis, "");

    try (RedisProcess other = RedisProcess.start("--" + setting, value);
        RedisServer dest = new JedisServer(machine, "127.0.0.1", other.port())) {
      assertThat(DataSettings.of(dest, "").beside(source))
          .extracting(DataSettings.Trouble::found)
          .containsExactly(found);
    }
    String conf = setting + " " + value + "\n";
    assertThat(DataSettings.ofFile(conf).beside(source))
        .extracting(DataSettings.Trouble::found)
        .containsExactly(found);
  }

  @Test
  void aDestThatEvictsIsFoundByWhatItEvictsBy() {
    DataSettings source = DataSettings.of(redis, "");
    DataSettings dest = DataSettings.ofFile("maxmemory 3mb\nmaxmemory-policy allkeys-lru\n");

    assertThat(dest.beside(source))
        .extracting(DataSettings.Trouble::found)
        .containsExactly("maxmemory 3145728", "maxmemory-policy allkeys-lru");
    assertThat(dest.evictsUsers()).isTrue();
    assertThat(source.evictsUsers()).isFalse();
  }

  @Test
  void whatNoUserWouldMissIsNoDifference() {
    DataSettings source = DataSettings.of(redis, "maxmemory 1gb\nappendfsync everysec\n");
    String conf =
        """
        appendfsync always
        hash-max-ziplist-entries 7
        list-max-ziplist-size -3
        lazyfree-lazy-eviction yes
        timeout 5
        port 6380
        protected-mode no
        """;

    assertThat(DataSettings.ofFile(conf).beside(source)).isEmpty();
    assertThat(DataSettings.ofFile("dir /app/data").beside(DataSettings.ofFile("dir /app/data")))
        .isEmpty();
    assertThat(DataSettings.ofFile("maxmemory 2g").beside(DataSettings.ofFile("maxmemory 1gb")))
        .isEmpty();
  }

  @Test
  void theOldNamesAreThoseOfToday() {
    assertThat(redis.settings())
        .containsEntry("replica-read-only", "yes")
        .doesNotContainKeys("requirepass", "masterauth");
  }

  @ParameterizedTest
  @CsvSource({
    "replica-read-only no, replica-read-only no",
    "slave-read-only no, replica-read-only no",
    "min-slaves-to-write 2, min-replicas-to-write 2",
    "cluster-enabled yes, cluster-enabled yes",
  })
  void whatUndoesAFenceStandsForNoRedisOfAMigration(String line, String found) {
    assertThat(DataSettings.ofFile(line + "\nappendonly yes\n").alone(true))
        .extracting(DataSettings.Trouble::found)
        .containsExactly(found);
  }

  @Test
  void ourOwnFenceOnDestIsNoTrouble() {
    FakeRedis fenced = new FakeRedis("dest");
    NORMAL.forEach(fenced::configure);
    fenced.fence();

    assertThat(DataSettings.of(fenced, RedisConf.fenced("appendonly yes\n", "5.0")).alone(true))
        .isEmpty();
    assertThat(DataSettings.of(fenced, "appendonly yes\n").alone(false)).hasSize(1);
  }

  @Test
  void whatNothingKeepsIsTold() {
    assertThat(DataSettings.ofFile("save \"\"\n").alone(false))
        .extracting(DataSettings.Trouble::found)
        .containsExactly("neither");
    assertThat(DataSettings.ofFile("save 900 1\n").alone(false)).isEmpty();
  }

  @Test
  void whatARestartWouldChangeIsTold() {
    assertThat(DataSettings.of(redis, "appendfsync always\ndatabases 16\n").changedByRestart())
        .extracting(DataSettings.Trouble::found)
        .containsExactly("appendfsync always in its file");
  }

  @Test
  void commandsThatWereRenamedAreFound() {
    try (RedisProcess renamed =
            RedisProcess.start("--rename-command", "CONFIG", "", "--rename-command", "KEYS", "K");
        RedisServer server = new JedisServer(machine, "127.0.0.1", renamed.port())) {
      assertThat(server.unknownOf(List.of("get", "config", "slaveof", "keys")))
          .containsExactly("config", "keys");
    }
    assertThat(redis.unknownOf(List.of("get", "config", "slaveof", "keys"))).isEmpty();
  }

  @Test
  void whatBothSidesHaveEvictedIsFoundByTheCountAtTheStop() {
    try (RedisProcess evicting =
            RedisProcess.start(
                "--replicaof", "127.0.0.1 " + real.port(), "--maxmemory-policy", "allkeys-lru");
        RedisServer dest = new JedisServer(machine, "127.0.0.1", evicting.port());
        Jedis onSource = new Jedis("127.0.0.1", real.port());
        Jedis onDest = new Jedis("127.0.0.1", evicting.port())) {
      Pipeline users = onSource.pipelined();
      for (int i = 0; i < 20_000; i++) {
        users.set("user" + i + ":server", "core1.pryv.lab");
      }
      users.sync();
      AtStop atStop = new AtStop(redis.lastingKeys());
      Awaitility.await().until(() -> dest.lastingKeys() == 20_000);
      assertThat(atStop.requireIn(dest, "dest")).isEqualTo(20_000);

      onDest.configSet("maxmemory", "2mb");
      onDest.replicaofNoOne();
      onSource.replicaof("127.0.0.1", evicting.port());
      Awaitility.await().until(() -> dest.lastingKeys() < 20_000);
      Awaitility.await()
          .until(() -> redis.info("replication").get("master_link_status").equals("up"));

      assertThat(KeyComparison.ofUsers(redis, dest).differing()).isZero();
      assertThatThrownBy(() -> atStop.requireIn(dest, "dest"))
          .isInstanceOf(StepFailure.class)
          .hasMessageContaining("20000")
          .hasMessageContaining("maxmemory-policy allkeys-lru");
      assertThatThrownBy(() -> atStop.requireIn(redis, "source")).isInstanceOf(StepFailure.class);
    } finally {
      redis.promote();
    }
  }

  @Test
  void optionsThatWinOverTheFileAreFound() {
    assertThat(
            DataSettings.saidByOptions(
                "redis-server /app/conf/redis.conf --slaveof 10.0.0.1 6379 --loglevel debug"
                    + " --maxmemory 3mb"))
        .containsExactly("replicaof", "maxmemory");
    assertThat(DataSettings.saidByOptions("redis")).isEmpty();
  }
}
