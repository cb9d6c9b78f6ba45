package io.pryv.migration.services;

import io.pryv.migration.machine.Notes;
import io.pryv.migration.machine.Shell;
import java.util.Optional;

/**
 * What source held when it was to take no write any more. It is kept in a file on source: a
 * variable can be edited, and is lost with its transaction.
 *
 * @param lastingKeys held under the fence; those that expire come and go
 */
record AtStop(long lastingKeys) {

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
    new Notes(shell, migration).put(NOTE, String.valueOf(atStop.lastingKeys()));
    return true;
  }

  /** What is kept, if anything is. */
  static Optional<AtStop> read(Shell shell, String migration) {
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
  static boolean forget(Shell shell, String migration) {
    if (read(shell, migration).isEmpty()) {
      return false;
    }
    new Notes(shell, migration).drop(NOTE);
    return true;
  }
}
