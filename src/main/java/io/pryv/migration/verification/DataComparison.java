package io.pryv.migration.verification;

import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.KeyComparison;
import io.pryv.migration.redis.KeyCounts;
import io.pryv.migration.redis.RedisServer;

/**
 * Every key of users on source and dest, compared in both directions: a scan of one side never sees
 * what only the other has (field guide, section 4).
 */
final class DataComparison {

  /** Users are created on dest while we compare, and reach source a moment later. */
  private static final int TRIES = 3;

  private final RedisServer source;
  private final RedisServer dest;

  DataComparison(RedisServer source, RedisServer dest) {
    this.source = source;
    this.dest = dest;
  }

  /** What was compared; nothing differed. */
  record Equal(KeyComparison fromSource, KeyComparison fromDest, KeyCounts source, KeyCounts dest) {

    long compared() {
      return fromSource.compared() + fromDest.compared();
    }

    String markdown() {
      return """
          | keys | source | dest |
          |---|---|---|
          | users | %d | %d |
          | servers | %d | %d |
          | e-mail addresses | %d | %d |
          | inactive values | %d | %d |
          | compared with the other side | %d | %d |
          | differing | 0 | 0 |
          """
          .formatted(
              source.users(),
              dest.users(),
              source.servers(),
              dest.servers(),
              source.emails(),
              dest.emails(),
              source.inactive(),
              dest.inactive(),
              fromSource.compared(),
              fromDest.compared());
    }
  }

  /** Compares; throws when anything differs that is not just on its way. */
  Equal compare() {
    KeyComparison fromSource = last(source, dest);
    require("source", "dest", fromSource);
    KeyComparison fromDest = last(dest, source);
    require("dest", "source", fromDest);
    return new Equal(fromSource, fromDest, source.countKeys(), dest.countKeys());
  }

  private static KeyComparison last(RedisServer from, RedisServer to) {
    KeyComparison comparison = KeyComparison.ofUsers(from, to);
    for (int tries = 1; comparison.differing() > 0 && tries < TRIES; tries++) {
      comparison = KeyComparison.ofUsers(from, to);
    }
    return comparison;
  }

  private static void require(String from, String to, KeyComparison comparison) {
    if (comparison.differing() > 0) {
      throw new StepFailure(
          to,
          "comparison of users' keys",
          "each of the " + comparison.compared() + " keys of " + from + ", with an equal value",
          comparison.differing()
              + " missing or different, such as "
              + String.join(", ", comparison.examples()),
          to.equals("source")
              ? "see whether source still follows dest (`INFO replication`), then retry"
              : "look at these keys on both sides before anything else is done; source and the"
                  + " backup still hold them");
    }
  }
}
