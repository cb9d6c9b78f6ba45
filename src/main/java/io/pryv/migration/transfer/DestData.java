package io.pryv.migration.transfer;

import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.Quote;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.platform.Register;
import java.time.Duration;

/** What dest's data directory held before the first sync, kept beside the transfer key. */
final class DestData {

  private static final Duration DEADLINE = Duration.ofMinutes(3);

  private final Shell onDest;
  private final Register dest;
  private final String migration;

  DestData(Shell onDest, Register dest, String migration) {
    this.onDest = onDest;
    this.dest = dest;
    this.migration = migration;
  }

  /** Sets {@code kept}. */
  static String kept(String migration) {
    return "kept=\"$HOME/.register-migration/\"" + Quote.sh(migration) + "/dest-data-before\n";
  }

  /** Puts it back, with dest's services stopped; says whether anything had been kept. */
  boolean restore() {
    if (!kept()) {
      return false;
    }
    onDest
        .run(
            Command.change(
                    "put dest's own data back",
                    kept(migration)
                        + """
                        running=$(docker ps --format '{{.Names}}' --filter label=com.docker.compose.project=%s) || exit
                        [ -z "$running" ] || { echo "refused: containers of dest's register run:" $running; exit 90; }
                        rsync --archive --numeric-ids --checksum --delete "$kept/" %s/ && rm -rf -- "$kept"
                        """
                            .formatted(
                                Quote.sh(dest.layout().project()),
                                Quote.sh(dest.layout().dataDirectory())))
                .within(DEADLINE))
        .orFail("see that dest has space and that its services are stopped, then retry");
    return true;
  }

  /** Removes it; says whether there was anything. */
  boolean forget() {
    if (!kept()) {
      return false;
    }
    onDest
        .run(
            Command.change(
                    "remove what dest's data directory held before the first sync",
                    kept(migration) + "rm -rf -- \"$kept\" \"$kept.new\"")
                .within(DEADLINE))
        .orFail("remove that directory by hand, then retry");
    return true;
  }

  /** Whether anything is kept. */
  boolean kept() {
    return !onDest
        .run(
            Command.look(
                "look for dest's own data", kept(migration) + "[ ! -e \"$kept\" ] || echo kept"))
        .orFail("see that HOME can be read, then retry")
        .isEmpty();
  }
}
