package io.pryv.migration.redis;

import java.util.List;

/**
 * Outcome of a comparison key by key.
 *
 * @param compared how many keys were looked at
 * @param differing how many the other lacks or holds with another value
 * @param examples at most ten of the differing keys
 */
public record KeyComparison(long compared, long differing, List<String> examples) {

  /** The user that the register writes by itself at each start (field guide, section 1). */
  public static final String FIXTURE_USER = "wactiv";

  /**
   * Compares the users of two servers, the fixture user left out: each register writes its own,
   * with the core of its own configuration, so that it may differ although nothing is lost.
   */
  public static KeyComparison ofUsers(RedisServer from, RedisServer to) {
    return withoutFixture(from.compareUsersWith(to), from);
  }

  /**
   * Which users another server lacks, the fixture user left out; what a writer has changed since
   * does not count.
   */
  public static KeyComparison ofUsersLacking(RedisServer from, RedisServer to) {
    return withoutFixture(from.findUsersIn(to), from);
  }

  private static KeyComparison withoutFixture(KeyComparison all, RedisServer from) {
    List<String> fixture = all.examples().stream().filter(key -> ofFixture(key, from)).toList();
    List<String> rest = all.examples().stream().filter(key -> !fixture.contains(key)).toList();
    return new KeyComparison(all.compared(), all.differing() - fixture.size(), rest);
  }

  private static boolean ofFixture(String key, RedisServer from) {
    return key.equals(FIXTURE_USER + ":users")
        || key.equals(FIXTURE_USER + ":server")
        || (key.startsWith(FIXTURE_USER + "@")
            && key.endsWith(":email")
            && FIXTURE_USER.equals(from.get(key)));
  }
}
