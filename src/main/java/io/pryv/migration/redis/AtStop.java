package io.pryv.migration.redis;

import io.pryv.migration.machine.Notes;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.platform.StepFailure;
import java.util.Optional;

/**
 * What source held when it was to take no write any more. It is kept in a file on source: a
 * variable can be edited, and is lost with its transaction.
 *
 * @param lastingKeys held under the fence; those that expire come and go
 */
public record AtStop(long lastingKeys) {

  private static final String NOTE = "source-at-stop";

  /**
   * That a Redis holds as many keys still: what both sides have lost since, by evicting it for
   * instance, no comparison of the two finds (field guide 3.21).
   *
   * @return how many it holds
   * @throws StepFailure when it holds fewer
   */
  public long requireIn(RedisServer redis, String machine) {
    long now = redis.lastingKeys();
    if (now < lastingKeys) {
      throw new StepFailure(
          machine,
          "keys of its Redis that do not expire",
          "at least what source held when it took its last write: " + lastingKeys,
          "%d, %d fewer; evicted_keys:%s, maxmemory %s, maxmemory-policy %s"
              .formatted(
                  now,
                  lastingKeys - now,
                  redis.info("stats").get("evicted_keys"),
                  redis.setting("maxmemory"),
                  redis.setting("maxmemory-policy")),
          "end what evicts them (CONFIG SET maxmemory 0) on both machines, and bring back from the"
              + " backup what is missing. If it was deleted on purpose since, correct the number in"
              + " ~/.register-migration/…/"
              + NOTE
              + " on source. Then retry");
    }
    return now;
  }

  /**
   * Keeps it, unless the same is kept.
   *
   * @return whether anything had to be written
   */
  public static boolean keep(Shell shell, String migration, AtStop atStop) {
    if (read(shell, migration).filter(atStop::equals).isPresent()) {
      return false;
    }
    new Notes(shell, migration).put(NOTE, String.valueOf(atStop.lastingKeys()));
    return true;
  }

  /** What is kept, if anything is. */
  public static Optional<AtStop> read(Shell shell, String migration) {
    return new Notes(shell, migration)
        .read(NOTE)
        .filter(line -> line.matches("[0-9]{1,18}"))
        .map(line -> new AtStop(Long.parseLong(line)));
  }

  /**
   * Forgets it.
   *
   * @return whether anything was kept
   */
  public static boolean forget(Shell shell, String migration) {
    if (read(shell, migration).isEmpty()) {
      return false;
    }
    new Notes(shell, migration).drop(NOTE);
    return true;
  }
}
