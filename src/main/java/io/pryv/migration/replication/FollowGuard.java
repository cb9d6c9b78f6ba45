package io.pryv.migration.replication;

import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.KeyComparison;
import io.pryv.migration.redis.KeyCounts;
import io.pryv.migration.redis.RedisServer;
import java.time.Duration;
import java.util.Map;
import java.util.function.BiFunction;

/**
 * What must hold before one register's Redis may follow the other's: an empty or short master wipes
 * its replica (field guide 3.5), so no user may get lost by it; the master's data is safe on its
 * disk (3.16), and the replica understands what the master sends (3.6).
 *
 * <p>Source, which follows dest once it was promoted, must find every key of its users there with
 * an equal value. Dest, which follows source once that is the writer again, must find each of its
 * users there: source may have changed them since, and dest, fenced, has not.
 */
final class FollowGuard {

  private final RedisServer follower;
  private final RedisServer followed;
  private final String follows;
  private final String leads;
  private final Loss loss;
  private final Duration patience;

  /**
   * What counts as lost.
   *
   * @param comparison of the follower's users with the followed
   * @param expected of each of their keys, in words
   * @param found what else there may be
   */
  private record Loss(
      BiFunction<RedisServer, RedisServer, KeyComparison> comparison,
      String expected,
      String found,
      String next) {}

  private static final Loss ANY_VALUE =
      new Loss(
          KeyComparison::ofUsers,
          "with an equal value",
          "missing or different",
          "Compare these keys by hand, bring them to dest, then retry");

  private static final Loss A_USER =
      new Loss(
          KeyComparison::ofUsersLacking,
          "whatever its value",
          "missing",
          "See whether somebody has deleted them on source since it takes writes again; if not, bring"
              + " them there by hand. Until then dest's DNS answers with what dest has");

  private FollowGuard(
      RedisServer follower,
      RedisServer followed,
      String follows,
      String leads,
      Loss loss,
      Duration patience) {
    this.follower = follower;
    this.followed = followed;
    this.follows = follows;
    this.leads = leads;
    this.loss = loss;
    this.patience = patience;
  }

  /** Before source follows dest. */
  static FollowGuard ofSource(RedisServer source, RedisServer dest) {
    return ofSource(source, dest, Duration.ofSeconds(60));
  }

  /** Waits that long for an AOF rewrite on dest to end. */
  static FollowGuard ofSource(RedisServer source, RedisServer dest, Duration patience) {
    return new FollowGuard(source, dest, "source", "dest", ANY_VALUE, patience);
  }

  /** Before dest follows source again; waits that long for an AOF rewrite on source to end. */
  static FollowGuard ofDest(RedisServer dest, RedisServer source, Duration patience) {
    return new FollowGuard(dest, source, "dest", "source", A_USER, patience);
  }

  /**
   * What the guard saw.
   *
   * @param follows who is to follow, in words
   * @param leads whom
   * @param keys comparison of the follower's users with the followed, the fixture user left out
   */
  record Passed(
      String follows,
      String leads,
      KeyComparison keys,
      KeyCounts onFollower,
      KeyCounts onFollowed,
      String followersVersion,
      String followedsVersion) {

    String markdown() {
      return """
          | what | %s | %s |
          |---|---|---|
          | Redis | %s | %s |
          | users | %d | %d |
          | servers | %d | %d |
          | e-mail addresses | %d | %d |
          | AOF rewrite | | none, last one ok |

          %d keys of %s's users compared: each is on %s with an equal value. \
          (The register's own fixture user `%s`, which each side writes at its start, does not count.)
          """
          .formatted(
              follows,
              leads,
              followersVersion,
              followedsVersion,
              onFollower.users(),
              onFollowed.users(),
              onFollower.servers(),
              onFollowed.servers(),
              onFollower.emails(),
              onFollowed.emails(),
              keys.compared(),
              follows,
              leads,
              KeyComparison.FIXTURE_USER);
    }
  }

  /** Looks at everything; throws unless nobody gets lost by following. */
  Passed pass() {
    Map<String, String> info = followed.info("replication");
    if (!"master".equals(info.get("role"))) {
      throw failure(
          leads,
          leads + " a master",
          "its role is " + info.get("role"),
          leads + " must hold the platform's data by itself: see why it follows another Redis");
    }
    String own = follower.info("server").get("redis_version");
    String sent = followed.info("server").get("redis_version");
    if (older(own, sent)) {
      throw failure(
          follows,
          "a Redis on %s not older than %s's (major.minor)".formatted(follows, leads),
          "%s %s, %s %s".formatted(follows, own, leads, sent),
          "an older replica drops its data and cannot read what a newer master sends: run the same"
              + " major.minor on both, then retry");
    }
    requireSafeOnDisk();
    KeyCounts here = follower.countKeys();
    KeyCounts there = followed.countKeys();
    if (there.users() == 0) {
      throw failure(
          leads,
          "the %d users that %s holds".formatted(here.users(), follows),
          "none at all",
          "do not let %s follow %s: it would lose them. See what %2$s loaded at its start"
              .formatted(follows, leads));
    }
    KeyComparison keys = loss.comparison().apply(follower, followed);
    if (keys.differing() > 0) {
      throw failure(
          leads,
          "each of the %d keys of %s's users, %s"
              .formatted(keys.compared(), follows, loss.expected()),
          keys.differing() + " " + loss.found() + ", such as " + String.join(", ", keys.examples()),
          "do not let %s follow %s: it would lose them. ".formatted(follows, leads) + loss.next());
    }
    return new Passed(follows, leads, keys, here, there, own, sent);
  }

  private void requireSafeOnDisk() {
    boolean quiet =
        Wait.until(
            patience,
            () -> {
              Map<String, String> info = followed.info("persistence");
              return isZero(info, "loading")
                  && isZero(info, "aof_rewrite_in_progress")
                  && isZero(info, "aof_rewrite_scheduled");
            });
    Map<String, String> info = followed.info("persistence");
    if (!quiet || !"ok".equals(info.getOrDefault("aof_last_bgrewrite_status", "ok"))) {
      throw failure(
          leads,
          "no AOF rewrite under way on %s, and the last one ok".formatted(leads),
          "aof_rewrite_in_progress:%s, aof_last_bgrewrite_status:%s, loading:%s"
              .formatted(
                  info.get("aof_rewrite_in_progress"),
                  info.get("aof_last_bgrewrite_status"),
                  info.get("loading")),
          ("a %s that dies during a rewrite may come back empty and wipe %s: wait for its end"
                  + " (`redis-cli INFO persistence`; `BGREWRITEAOF` after a failed one), then retry")
              .formatted(leads, follows));
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

  private StepFailure failure(String machine, String expected, String found, String next) {
    return new StepFailure(
        machine, "guard before %s follows %s".formatted(follows, leads), expected, found, next);
  }
}
