package io.pryv.migration.services;

import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.Quote;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.redis.KeyCounts;
import java.util.Optional;

/**
 * What source's Redis was at the stop. It is kept in a file on source, written before the stop:
 * afterwards there is nobody to ask, and a variable is lost with its transaction.
 *
 * @param keys held under the fence
 * @param save its setting of that name, switched off for the stop
 */
record AtStop(KeyCounts keys, String save) {

  /** Sets the shell variable {@code file}. */
  static String fileIn(String migration) {
    return "file=\"$HOME/.register-migration/\"" + Quote.sh(migration) + "/source-at-stop\n";
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

  String line() {
    return "%d %d %d %d %d %d %s"
        .formatted(
            keys.users(),
            keys.servers(),
            keys.emails(),
            keys.inactive(),
            keys.lasting(),
            keys.expiring(),
            save)
        .strip();
  }

  static AtStop ofLine(String line) {
    String[] words = line.strip().split(" ", 7);
    return new AtStop(
        new KeyCounts(
            Long.parseLong(words[0]),
            Long.parseLong(words[1]),
            Long.parseLong(words[2]),
            Long.parseLong(words[3]),
            Long.parseLong(words[4]),
            Long.parseLong(words[5])),
        words.length > 6 ? words[6] : "");
  }
}
