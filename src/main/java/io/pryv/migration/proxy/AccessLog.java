package io.pryv.migration.proxy;

import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.Quote;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.platform.Layout;
import java.time.Instant;
import java.util.List;

/** The access log of a register's nginx, a file or what its container says. */
final class AccessLog {

  /** The last of them, in an outage of many. */
  private static final int MOST_LINES = 5_000;

  private final Shell shell;
  private final Layout layout;

  AccessLog(Shell shell, Layout layout) {
    this.shell = shell;
    this.layout = layout;
  }

  /** The writes that failed in that second or later; whom they were about, it does not tell. */
  List<RefusedWrite> failedWrites(Instant since) {
    String log =
        shell
            .run(
                Command.look(
                    "read which writes nginx has seen fail",
                    (layout.accessLog().isEmpty()
                            ? "docker logs --tail 100000 "
                                + Quote.sh(layout.nginxContainer())
                                + " 2>/dev/null"
                            : "tail -n 100000 -- " + Quote.sh(layout.accessLog()))
                        + " | { grep -aE '\"(POST|PUT|PATCH|DELETE) [^\"]*\" 5[0-9][0-9] ' || true; }"
                        + " | tail -n "
                        + MOST_LINES
                        + "\n"))
            .orFail("see that the access log of source's nginx can be read, then retry");
    return RefusedWrite.ofAccessLog(log, since);
  }
}
