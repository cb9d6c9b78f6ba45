package io.pryv.migration.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.lab.standin.RedisProcess;
import io.pryv.migration.machine.UnexpectedText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;

class RedisConfTest {

  private static final String CONF =
      """
      port 6379
      dir /app/data

      # Master-Replica replication. Use replicaof to make a Redis instance a copy of
      # another Redis server.
      #
      # replicaof <masterip> <masterport>

      # masterauth <master-password>
      appendonly yes
      """;

  private static final String FENCE =
      """
      # register-migration: the next line is added
      min-replicas-to-write 99
      # register-migration: the next line is added
      min-replicas-max-lag 10
      """;

  @Test
  void theDirectiveStandsBelowItsSampleAndTheFenceAtTheEnd() {
    assertThat(RedisConf.replica(CONF, "localhost", 4567, "5.0.2"))
        .isEqualTo(
            CONF.replace(
                    "# replicaof <masterip> <masterport>\n",
                    """
                    # replicaof <masterip> <masterport>
                    # register-migration: the next line is added
                    replicaof localhost 4567
                    """)
                + FENCE);
  }

  @ParameterizedTest
  @CsvSource({
    "3.2.12,slaveof,min-slaves-to-write",
    "4.0.14,slaveof,min-slaves-to-write",
    "5.0.2,replicaof,min-replicas-to-write",
    "7.0.15,replicaof,min-replicas-to-write"
  })
  void theDirectivesHaveTheNamesThatTheServerKnows(String version, String follow, String fence) {
    assertThat(RedisConf.replica(CONF, "localhost", 4567, version))
        .contains("\n" + follow + " localhost 4567\n")
        .contains("\n" + fence + " 99\n");
  }

  @Test
  void theFenceWinsOverTheOperatorsOwnSettings() {
    String own = CONF + "min-replicas-to-write 1\nmin-replicas-max-lag 0\n";

    assertThat(RedisConf.fenced(own, "5.0.2")).isEqualTo(own + FENCE);
    assertThat(RedisConf.writer(own + FENCE)).isEqualTo(own);
  }

  @Test
  void eachRoleFollowsEveryOther() {
    String fenced = RedisConf.fenced(CONF, "5.0.2");
    String replica = RedisConf.replica(CONF, "localhost", 4567, "5.0.2");

    assertThat(fenced).isEqualTo(CONF + FENCE);
    assertThat(RedisConf.replica(fenced, "localhost", 4567, "5.0.2")).isEqualTo(replica);
    assertThat(RedisConf.fenced(replica, "5.0.2")).isEqualTo(fenced);
    assertThat(RedisConf.writer(replica)).isEqualTo(CONF);
  }

  static Stream<Arguments> shapes() throws IOException {
    return Stream.of(
        Arguments.of("with a sample", CONF),
        Arguments.of("with the old sample", CONF.replace("replicaof", "slaveof")),
        Arguments.of(
            "the practice platform's",
            Files.readString(Path.of("src/lab/platform/master/reg-master/redis/conf/redis.conf"))),
        Arguments.of("without a sample", "port 6379\nappendonly yes\n"),
        Arguments.of("without newline at the end", "port 6379\nappendonly yes"),
        Arguments.of("a sample on the last line, without newline", CONF.lines().toList().get(6)),
        Arguments.of("lines ended by CR LF", CONF.replace("\n", "\r\n")),
        Arguments.of("tabs", CONF.replace(" ", "\t")),
        Arguments.of("an old master commented out", "#replicaof 10.0.0.9 6379\n" + CONF),
        Arguments.of("empty", ""));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("shapes")
  void theEditIsReadByRedisDoneOnceAndWhollyUndone(String shape, String text) {
    String edited = RedisConf.replica(text, "localhost", 4567, "5.0.2");

    assertThat(RedisSettings.find(text, "replicaof")).isEmpty();
    assertThat(RedisSettings.find(edited, "replicaof")).contains("localhost 4567");
    assertThat(RedisSettings.find(edited, "min-replicas-to-write")).contains("99");
    assertThat(RedisSettings.find(RedisConf.fenced(text, "5.0.2"), "min-replicas-to-write"))
        .contains("99");
    assertThat(RedisSettings.find(edited, "port")).isEqualTo(RedisSettings.find(text, "port"));
    assertThat(RedisConf.replica(edited, "localhost", 4567, "5.0.2")).isEqualTo(edited);
    assertThat(RedisConf.writer(edited)).isEqualTo(text);
    assertThat(RedisConf.writer(text)).isEqualTo(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "replicaof 10.0.0.9 6379",
        "slaveof 10.0.0.9 6379",
        "  REPLICAOF \"10.0.0.9\" 6379"
      })
  void anotherMasterIsRefused(String active) {
    assertThatThrownBy(() -> RedisConf.replica(CONF + active + "\n", "localhost", 4567, "5.0.2"))
        .isInstanceOfSatisfying(
            UnexpectedText.class,
            refusal ->
                assertThat(refusal.in("source", "/var/pryv/redis.conf"))
                    .hasMessageContaining("source: /var/pryv/redis.conf")
                    .hasMessageContaining("expected: a master: no active replicaof or slaveof")
                    .hasMessageContaining("found: replicaof 10.0.0.9 6379")
                    .hasMessageContaining("next: see which Redis this one follows"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n"})
  void noIncludedFileLiftsTheFence(String lastLineEnd, @TempDir Path directory) throws IOException {
    Path included = directory.resolve("more.conf");
    Files.writeString(included, "min-replicas-to-write 0\nreplicaof 127.0.0.1 1\n");
    String conf = "# replicaof <masterip> <masterport>\ninclude " + included + lastLineEnd;

    String edited = RedisConf.replica(conf, "127.0.0.1", 4567, "7.0.15");

    Path file = Files.writeString(directory.resolve("redis.conf"), edited);
    try (RedisProcess redis = RedisProcess.start("--include", file.toString());
        Jedis jedis = new Jedis("127.0.0.1", redis.port())) {
      assertThat(jedis.configGet("min-replicas-to-write")).containsValue("99");
      assertThat(jedis.configGet("replicaof")).containsValue("127.0.0.1 4567");
    }
    assertThat(RedisConf.writer(edited)).isEqualTo(conf);
  }

  @Test
  void whoFollowsNoOneIsAMaster() {
    String conf = "appendonly yes\nreplicaof no one\n";

    assertThat(RedisConf.fenced(conf, "7.0.15")).isEqualTo(conf + FENCE);
    String edited = RedisConf.replica(conf, "127.0.0.1", 4567, "7.0.15");
    assertThat(RedisSettings.master(edited)).contains("127.0.0.1 4567");
    assertThat(RedisConf.writer(edited)).isEqualTo(conf);
  }
}
