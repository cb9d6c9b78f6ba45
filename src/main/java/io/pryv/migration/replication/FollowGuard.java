package io.pryv.migration.replication;

import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.KeyComparison;
import io.pryv.migration.redis.KeyCounts;
import io.pryv.migration.redis.RedisServer;
import java.time.Duration;
import java.util.Map;

/**
 * What must hold before source may follow dest: an empty or short master wipes its replica (field
 * guide 3.5), so every key of source's users is on dest with an equal value, dest's data is safe on
 * its disk (3.16), and source's Redis understands dest's (3.6).
 */
final class FollowGuard {

  private static final String NAME = "guard before source follows dest";

  private final RedisServer source;
  private final RedisServer dest;
  private final Duration patience;

  FollowGuard(RedisServer source, RedisServer dest) {
    this(source, dest, Duration.ofSeconds(60));
  }

  /** Waits that long for an AOF rewrite on dest to end. */
  FollowGuard(RedisServer source, RedisServer dest, Duration patience) {
    this.source = source;
    this.dest = dest;
    this.patience = patience;
  }

  /**
   * What the guard saw.
   *
   * @param keys comparison of source's users with dest's, the fixture user left out
   */
  record Passed(
      KeyComparison keys,
      KeyCounts onSource,
      KeyCounts onDest,
      String sourceVersion,
      String destVersion) {

    String markdown() {
      return """
          | what | source | dest |
          |---|---|---|
          | Redis | %s | %s |
          | users | %d | %d |
          | servers | %d | %d |
          | e-mail addresses | %d | %d |
          | AOF rewrite | | none, last one ok |

          %d keys of source's users compared: each is on dest with an equal value. \
          (The register's own fixture user `%s`, which each side writes at its start, does not count.)
          """
          .formatted(
              sourceVersion,
              destVersion,
              onSource.users(),
              onDest.users(),
              onSource.servers(),
              onDest.servers(),
              onSource.emails(),
              onDest.emails(),
              keys.compared(),
              KeyComparison.FIXTURE_USER);
    }
  }

  /** Looks at everything; throws unless source loses nothing by following dest. */
  Passed pass() {
    Map<String, String> destInfo = dest.info("replication");
    if (!"master".equals(destInfo.get("role"))) {
      throw failure(
          "dest",
          "dest a master",
          "its role is " + destInfo.get("role"),
          "dest must hold the platform's data by itself: see why it follows another Redis");
    }
    String sourceVersion = source.info("server").get("redis_version");
    String destVersion = dest.info("server").get("redis_version");
    if (older(sourceVersion, destVersion)) {
      throw failure(
          "source",
          "a Redis on source not older than dest's (major.minor)",
          "source " + sourceVersion + ", dest " + destVersion,
          "an older replica drops its data and cannot read what a newer master sends: run the same"
              + " major.minor on both, then retry");
    }
    requireSafeOnDisk();
    KeyCounts onSource = source.countKeys();
    KeyCounts onDest = dest.countKeys();
    if (onDest.users() == 0) {
      throw failure(
          "dest",
          "the " + onSource.users() + " users that source holds",
          "none at all",
          "do not let source follow dest: it would lose them. See what dest loaded at its start");
    }
    KeyComparison keys = KeyComparison.ofUsers(source, dest);
    if (keys.differing() > 0) {
      throw failure(
          "dest",
          "each of the " + keys.compared() + " keys of source's users, with an equal value",
          keys.differing() + " missing or different, such as " + String.join(", ", keys.examples()),
          "do not let source follow dest: it would lose them. Compare these keys by hand, bring"
              + " them to dest, then retry");
    }
    return new Passed(keys, onSource, onDest, sourceVersion, destVersion);
  }

  private void requireSafeOnDisk() {
    boolean quiet =
        Wait.until(
            patience,
            () -> {
              Map<String, String> info = dest.info("persistence");
              return isZero(info, "loading")
                  && isZero(info, "aof_rewrite_in_progress")
                  && isZero(info, "aof_rewrite_scheduled");
            });
    Map<String, String> info = dest.info("persistence");
    if (!quiet || !"ok".equals(info.getOrDefault("aof_last_bgrewrite_status", "ok"))) {
      throw failure(
          "dest",
          "no AOF rewrite under way on dest, and the last one ok",
          "aof_rewrite_in_progress:%s, aof_last_bgrewrite_status:%s, loading:%s"
              .formatted(
                  info.get("aof_rewrite_in_progress"),
                  info.get("aof_last_bgrewrite_status"),
                  info.get("loading")),
          "a dest that dies during a rewrite may come back empty and wipe source: wait for its end"
              + " (`redis-cli INFO persistence`; `BGREWRITEAOF` after a failed one), then retry");
    }
  }

  private static boolean isZero(Map<String, String> info, String field) {
    return "0".equals(info.getOrDefault(field, "0"));
  }

  /** Whether the first version's major.minor is lower than the second's. */
  static boolean older(String one, String other) {
    String[] a = one.split("\\.", -1);
    String[] b = other.split("\\.", -1);
    int major = Integer.compare(Integer.parseInt(a[0]), Integer.parseInt(b[0]));
    return major != 0
        ? major < 0
        : Integer.parseInt(a.length > 1 ? a[1] : "0") < Integer.parseInt(b.length > 1 ? b[1] : "0");
  }

  private static StepFailure failure(String machine, String expected, String found, String next) {
    return new StepFailure(machine, NAME, expected, found, next);
  }
}
