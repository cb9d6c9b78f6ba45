package io.pryv.migration.redis;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One register's Redis. Every method speaks to the server at once; nothing is cached. Names of
 * commands and settings are those that Redis 3 to 7 all understand ({@code SLAVEOF}, {@code
 * min-slaves-to-write}). When Redis can not be reached or refuses, they throw {@link
 * io.pryv.migration.platform.StepFailure}.
 */
public interface RedisServer extends AutoCloseable {

  /** {@code INFO section}, parsed. */
  Map<String, String> info(String section);

  /** How many keys there are, by kind; each is looked at. */
  KeyCounts countKeys();

  /**
   * How many keys have no expiry, as Redis itself keeps count: however many, it is told at once.
   */
  long lastingKeys();

  /**
   * How this server's keys of users compare with another's: every {@code :users}, {@code :server}
   * and {@code :email} key of this one, and whether the other holds it with an equal value.
   */
  KeyComparison compareUsersWith(RedisServer other);

  /**
   * Whether another server knows every user of this one: each {@code :users} and {@code :server}
   * key, whatever its value, since a writer may have changed it. What differs is what the other
   * lacks. An e-mail address is not asked for: it goes when its user takes another one.
   */
  KeyComparison findUsersIn(RedisServer other);

  /**
   * From now on no write is accepted ({@code min-replicas-to-write 99}), proven by a refused one;
   * waits until no other client is inside a MULTI (field guide 3.16: a queued one still executes).
   */
  default void fence() {
    fence(Duration.ofSeconds(10));
  }

  /**
   * The same for whoever must know how long writes are refused at most.
   *
   * @param longestMulti how long another client may stay inside a MULTI; the fence is up then, and
   *     this fails
   */
  void fence(Duration longestMulti);

  /**
   * Address of another client that is inside a MULTI: what it has queued before a fence would still
   * execute behind it. To be asked before the fence, which refuses everybody's writes meanwhile.
   */
  Optional<String> clientInMulti();

  void liftFence();

  boolean fenced();

  /** Whether a write is refused, as a fenced master and a read-only replica do: one is tried. */
  boolean refusesWrites();

  /**
   * Makes what the register writes by itself at each start (the fixture user, {@code dbversion})
   * equal to another server's; on a replica, as long as it takes writes.
   *
   * @return how many keys differed
   */
  int takeFixtureOf(RedisServer other);

  /** Makes it a replica of an address as its own host sees it. */
  void follow(String host, int port);

  /** {@code REPLICAOF NO ONE}. */
  void promote();

  /** {@code BGSAVE}, and waits until the RDB is written. */
  void save();

  /**
   * Every setting at run time, under the name that it has since Redis 5; no password among them.
   */
  Map<String, String> settings();

  /**
   * Those of some commands that it does not know under their own name: {@code rename-command} has
   * taken it away.
   */
  List<String> unknownOf(List<String> commands);

  /** Value of a setting at run time. */
  String setting(String name);

  /** Changes a setting at run time ({@code CONFIG SET}); a restart forgets it. */
  void configure(String name, String value);

  void set(String key, String value);

  /** Sets a key that goes by itself after {@code life}, should nobody delete it. */
  void set(String key, String value, Duration life);

  /**
   * Names of users, the fixture user not among them, sorted. Which ones depends on the seed and on
   * the names alone, not on the order in which Redis scans: two servers with the same users give
   * the same sample.
   *
   * @param count how many at most; every user when there are no more
   */
  List<String> sampleUsers(int count, long seed);

  String get(String key);

  void delete(String key);

  @Override
  void close();
}
