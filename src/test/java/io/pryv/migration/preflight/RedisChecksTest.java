package io.pryv.migration.preflight;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.platform.Machine;
import io.pryv.migration.redis.FakeRedis;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RedisChecksTest {

  private static final Machine SLAVE =
      new Machine(
          Machine.Role.SOURCE_SLAVE, "source-slave", "h", 22, "root", "/k", "/var/pryv", "1.2.3.4");

  private final FakeRedis source = new FakeRedis("source").fixture("core1");
  private final FakeRedis other = new FakeRedis("other").fixture("core1");

  @Test
  void aMasterInOrderPasses() {
    RedisChecks.Seen seen = RedisChecks.source(source.user("alice01", "a@b.c", "core1"), "");

    assertThat(seen.findings())
        .isNotEmpty()
        .allSatisfy(finding -> assertThat(finding.level()).isEqualTo(Finding.Level.PASS));
    assertThat(seen.version()).isEqualTo("5.0.2");
    assertThat(seen.sample()).containsExactly("alice01");
    assertThat(seen.keys().users()).isEqualTo(2);
  }

  @Test
  void aReplicaIsNotTheSource() {
    source.reaches("10.0.0.9", 6379, other).follow("10.0.0.9", 6379);

    assertWorst(
        RedisChecks.source(source, "").findings(),
        Finding.Level.STOP,
        "a replica of 10.0.0.9:6379");
  }

  @ParameterizedTest
  @CsvSource({
    "loading, 1, STOP, loading:1",
    "rdb_last_bgsave_status, err, STOP, rdb_last_bgsave_status:err",
    "aof_last_bgrewrite_status, err, STOP, aof_last_bgrewrite_status:err",
    "aof_last_write_status, err, STOP, aof_last_write_status:err",
    "aof_enabled, 0, WARN, no append-only file",
    "aof_rewrite_in_progress, 1, WARN, aof_rewrite_in_progress:1",
    "redis_version, 4.0.14, WARN, 4.0.14",
    "redis_version, unknown, STOP, unknown",
    "cmdstat_eval, 'calls=1', WARN, scripts have been run",
    "config_file, /etc/other.conf, STOP, config_file:/etc/other.conf",
    "config_file, '', STOP, 'config_file:'",
  })
  void whatRedisSaysOfItselfIsJudged(
      String field, String value, Finding.Level level, String found) {
    source.says(field, value);

    assertWorst(RedisChecks.source(source, "").findings(), level, found);
  }

  @Test
  void scriptsAreFencedSinceRedis7() {
    source.says("redis_version", "7.0.15").says("cmdstat_evalsha", "calls=1");

    assertWorst(RedisChecks.source(source, "").findings(), Finding.Level.PASS, "7.0.15");
  }

  @Test
  void aRedisWithoutScanIsTooOld() {
    source.says("redis_version", "2.6.17");

    assertThatThrownBy(() -> RedisChecks.source(source, ""))
        .hasMessageContaining("Redis 2.8 or newer is needed");
    assertThatThrownBy(() -> RedisChecks.dest(source, "", true))
        .hasMessageContaining("Redis 2.8 or newer is needed");
  }

  @Test
  void aReplicaThatTakesWritesStops() {
    source.configure("replica-read-only", "no");

    assertWorst(
        RedisChecks.source(source, "").findings(), Finding.Level.STOP, "replica-read-only no");
    assertWorst(
        RedisChecks.dest(other, "slave-read-only no", false).findings(),
        Finding.Level.STOP,
        "replica-read-only no");
  }

  @Test
  void usersOfDestStopUnlessTheyMayGo() {
    other.user("carol01", "c@d.e", "core1");

    assertWorst(RedisChecks.dest(other, "", false).findings(), Finding.Level.STOP, "2 users");
    assertWorst(RedisChecks.dest(other, "", true).findings(), Finding.Level.WARN, "2 users");
    assertWorst(RedisChecks.dest(source, "", false).findings(), Finding.Level.PASS, "1 users");
  }

  @Test
  void aSlaveFollowsItsMasterOverALiveLink() {
    other.reaches("10.8.0.1", 6379, source).follow("10.8.0.1", 6379);
    other.link(true);
    assertWorst(RedisChecks.slave(SLAVE, other, true), Finding.Level.PASS, "link up");

    other.link(false);
    assertWorst(
        RedisChecks.slave(SLAVE, other, true), Finding.Level.STOP, "down, to 10.8.0.1:6379");
    assertWorst(RedisChecks.slave(SLAVE, other, false), Finding.Level.PASS, "not launched yet");
    assertWorst(RedisChecks.slave(SLAVE, source, true), Finding.Level.STOP, "role master");
  }

  @ParameterizedTest
  @CsvSource({
    "5.0.2, 5.0.14, true, PASS, 'source 5.0.2, dest 5.0.14'",
    "5.0.2, 5.0.2, false, PASS, 'source 5.0.2, dest 5.0.2 (its image says)'",
    "5.0.2, 6.0.16, true, STOP, 'source 5.0.2, dest 6.0.16'",
    "6.0.16, 5.0.2, true, STOP, 'source 6.0.16, dest 5.0.2'",
    "6.2.1, 6.0.16, true, STOP, 'source 6.2.1, dest 6.0.16'",
    "6.2.1, 10.0.1, true, STOP, 'source 6.2.1, dest 10.0.1'",
    "5.0.2, 7.0.15, false, WARN, 'source 5.0.2, dest 7.0.15 (its image says)'",
    "5.0.2, , false, WARN, unknown before the launch",
    "5.0.2, x, true, STOP, 'source 5.0.2, dest x'",
  })
  void versionsMustBeAlike(
      String ofSource, String ofDest, boolean runs, Finding.Level level, String found) {
    Finding finding = RedisChecks.versions(ofSource, Optional.ofNullable(ofDest), runs);

    assertThat(finding.level()).isEqualTo(level);
    assertThat(finding.found()).isEqualTo(found);
  }

  private static void assertWorst(List<Finding> findings, Finding.Level level, String found) {
    assertThat(findings).noneMatch(finding -> finding.level().compareTo(level) > 0);
    assertThat(findings)
        .anySatisfy(
            finding -> {
              assertThat(finding.level()).isEqualTo(level);
              assertThat(finding.found()).contains(found);
            });
  }
}
