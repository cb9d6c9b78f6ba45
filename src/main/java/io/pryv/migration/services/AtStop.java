package io.pryv.migration.services;

import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.Quote;
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

  /**
   * Keeps it, unless the same is kept.
   *
   * @return whether anything had to be written
   */
  static boolean keep(Shell shell, String migration, AtStop atStop) {
    if (read(shell, migration).filter(atStop::equals).isPresent()) {
      return false;
    }
    shell
        .run(
            Command.change(
                "keep what source holds at the stop",
                fileIn(migration)
                    + "umask 077; mkdir -p \"${file%/*}\" && printf '%s\\n' "
                    + Quote.sh(atStop.line())
                    + " >\"$file.new\" && mv \"$file.new\" \"$file\""))
        .orFail("see that the home directory can be written, then retry");
    return true;
  }

  /** What is kept, if anything is. */
  static Optional<AtStop> read(Shell shell, String migration) {
    String line =
        shell
            .run(
                Command.look(
                    "read what source held at the stop",
                    fileIn(migration) + "[ ! -e \"$file\" ] || cat \"$file\""))
            .orFail("see that the home directory can be read, then retry");
    return line.isEmpty() ? Optional.empty() : Optional.of(ofLine(line));
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
    shell
        .run(
            Command.change(
                "forget what source held at the stop", fileIn(migration) + "rm -f \"$file\""))
        .orFail("see that the home directory can be written, then retry");
    return true;
  }

  /** Sets the shell variable {@code file}. */
  private static String fileIn(String migration) {
    return "file=\"$HOME/.register-migration/\"" + Quote.sh(migration) + "/source-at-stop\n";
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
