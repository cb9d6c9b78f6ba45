package io.pryv.migration.proxy;

import io.pryv.migration.machine.AccessLogFormat;
import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.Quote;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.platform.Layout;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/** The access log of a register's nginx, a file or what its container says. */
final class AccessLog {

  /** What a report can bear and one answer of a machine holds; whoever has more is told so. */
  static final int MOST_WRITES = 40_000;

  private final Shell shell;
  private final Layout layout;

  AccessLog(Shell shell, Layout layout) {
    this.shell = shell;
    this.layout = layout;
  }

  /**
   * Writes that failed.
   *
   * @param writes in the order in which nginx wrote them down
   * @param cut whether there are more, from before the first of these
   * @param unread lines that may be of one and that the log's format does not explain
   */
  record Failed(List<RefusedWrite> writes, boolean cut, long unread) {

    static Failed none() {
      return new Failed(List.of(), false, 0);
    }

    /** For the report, behind the list; empty when it is whole. */
    String note() {
      return (cut
              ? "\nThe list begins with the last %,d; nginx has seen more writes fail before.\n"
                  .formatted(writes.size())
              : "")
          + (unread > 0
              ? "\n%,d lines of the access log that may be of such writes could not be read: look at them there.\n"
                  .formatted(unread)
              : "");
    }
  }

  /** The writes that failed in that second or later; whom they were about, it does not tell. */
  Failed failedWrites(Instant since) {
    AccessLogFormat format = AccessLogFormat.on(shell, layout);
    List<String> lines =
        shell
            .run(
                Command.look(
                    "read which writes nginx has seen fail",
                    (layout.accessLog().isEmpty()
                            ? "docker logs --since %s %s 2>/dev/null"
                                .formatted(
                                    since.truncatedTo(ChronoUnit.SECONDS),
                                    Quote.sh(layout.nginxContainer()))
                            : "as_root cat -- " + Quote.sh(layout.accessLog()))
                        // Whatever the format: what may be one.
                        + " | { grep -aE '(POST|PUT|PATCH|DELETE).*5[0-9][0-9]|5[0-9][0-9].*(POST|PUT|PATCH|DELETE)' || true; }"
                        // What the client calls itself and where it comes from fill most of a line.
                        + " | sed -E 's/(\" 5[0-9][0-9] [^ ]*) .*/\\1 -/' | cut -b 1-2000"
                        + " | tail -n "
                        + (MOST_WRITES + 1)
                        + "\n"))
            .orFail("see that the access log of source's nginx can be read, then retry")
            .lines()
            .toList();
    // What lies before the first line that was read may be of the window as well.
    boolean cut =
        lines.size() > MOST_WRITES && RefusedWrite.mayBeSince(lines.get(0), format, since);
    List<String> kept = cut ? lines.subList(1, lines.size()) : lines;
    return new Failed(
        RefusedWrite.ofAccessLog(kept, format, since),
        cut,
        kept.stream().filter(line -> format.read(line).isEmpty()).count());
  }
}
