package io.pryv.migration.services;

import io.pryv.migration.machine.Notes;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.redis.KeyCounts;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * What source held when it was to take no write any more. It is kept in a file on source: a
 * variable can be edited, and is lost with its transaction.
 *
 * @param keys held under the fence
 */
record AtStop(KeyCounts keys) {

  private static final String NOTE = "source-at-stop";

  /**
   * Keeps it, unless the same is kept.
   *
   * @return whether anything had to be written
   */
  static boolean keep(Shell shell, String migration, AtStop atStop) {
    if (read(shell, migration).filter(atStop::equals).isPresent()) {
      return false;
    }
    new Notes(shell, migration).put(NOTE, atStop.line());
    return true;
  }

  /** What is kept, if anything is. */
  static Optional<AtStop> read(Shell shell, String migration) {
    return new Notes(shell, migration)
        .read(NOTE)
        .filter(line -> !line.isEmpty())
        .map(AtStop::ofLine);
  }

  /**
   * Forgets it.
   *
   * @return whether anything was kept
   */
  static boolean forget(Shell shell, String migration) {
    if (read(shell, migration).isEmpty()) {
      return false;
    }
    new Notes(shell, migration).drop(NOTE);
    return true;
  }

  private String line() {
    return LongStream.of(
            keys.users(),
            keys.servers(),
            keys.emails(),
            keys.inactive(),
            keys.lasting(),
            keys.expiring())
        .mapToObj(String::valueOf)
        .collect(Collectors.joining(" "));
  }

  private static AtStop ofLine(String line) {
    String[] words = line.strip().split(" ", -1);
    return new AtStop(
        new KeyCounts(
            Long.parseLong(words[0]),
            Long.parseLong(words[1]),
            Long.parseLong(words[2]),
            Long.parseLong(words[3]),
            Long.parseLong(words[4]),
            Long.parseLong(words[5])));
  }
}
