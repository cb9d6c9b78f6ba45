package io.pryv.migration.preflight;

import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.machine.AccessLogFormat;
import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.HttpsProbe;
import io.pryv.migration.machine.Quote;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.platform.Layout;
import io.pryv.migration.platform.Machine;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Whether the logs of a machine tell who asks it: source retires once nobody does, and the writes
 * that failed are listed from there. A request of our own is sent and must be read back, with its
 * method, name and time; a log in which we can not see ourselves is silent about clients as well.
 */
final class LogChecks {

  /** nginx writes a line behind its answer, docker a little later. */
  private static final Duration LONGEST_DELAY = Duration.ofSeconds(3);

  private static final String MARK = "register-migration-";

  private final Machine machine;
  private final Shell shell;
  private final Layout layout;
  private final String domain;
  private final AccessLogFormat format;

  /**
   * On one machine.
   *
   * @param configuration as {@code nginx -T} prints it; empty where it is not known
   */
  LogChecks(Machine machine, Shell shell, Layout layout, String domain, String configuration) {
    this.machine = machine;
    this.shell = shell;
    this.layout = layout;
    this.domain = domain;
    this.format = AccessLogFormat.of(configuration, layout.accessLog());
  }

  /** Asks its nginx, and looks for that in the access log. */
  Finding accessLog(HttpsProbe https) {
    String path = "/" + MARK + random() + "/check_username";
    https.get(
        machine.publicAddress(), 443, "reg." + domain, path, Map.of("User-Agent", "preflight"));
    String log =
        layout.accessLog().isEmpty()
            ? "docker logs --since 1m " + Quote.sh(layout.nginxContainer()) + " 2>/dev/null"
            : "tail -n 10000 -- " + Quote.sh(layout.accessLog());
    String line = lineOf(path, log);
    Optional<AccessLogFormat.Logged> read =
        format
            .read(line)
            .filter(request -> request.at().isPresent())
            .filter(request -> request.method().equals("GET") && request.target().equals(path));
    String check = "log: " + (layout.accessLog().isEmpty() ? "nginx's output" : layout.accessLog());
    return read.isPresent()
        ? Finding.pass(machine.name(), check, "our own request, with method, name and time")
        : Finding.stop(
            machine.name(),
            check,
            "our own request GET " + path + ", with method, name and time",
            line.isEmpty()
                ? "no line of it within " + LONGEST_DELAY.toSeconds() + " s"
                : "can not read this log: format `%s`%s, line `%s`"
                    .formatted(
                        format.text(),
                        format.lacks().isEmpty()
                            ? ""
                            : " without " + String.join(" and ", format.lacks()),
                        line),
            "give the register's server an access_log, unbuffered and unconditional, whose"
                + " log_format holds $time_local or $time_iso8601, $request and $status: without"
                + " it nobody can tell when clients have left");
  }

  /** Asks its dns, and looks for that in its log. */
  Finding dnsLog(DnsClient dns) {
    String name = MARK + random() + "." + domain;
    dns.ask(machine.publicAddress(), name, "A");
    String line =
        lineOf(name, "docker logs --since 1m " + Quote.sh(layout.dnsContainer()) + " 2>&1");
    String check = "log: " + layout.dnsContainer();
    return line.contains("DNS: ")
        ? Finding.pass(machine.name(), check, "our own query")
        : Finding.stop(
            machine.name(),
            check,
            "a line `DNS: " + name + "` for our own query",
            line.isEmpty()
                ? "no line of it within " + LONGEST_DELAY.toSeconds() + " s"
                : "`" + line + "`",
            "let dns log at level info or below, to its container's log: without it nobody can"
                + " tell when clients have left");
  }

  private String lineOf(String mark, String log) {
    return shell
        .run(
            Command.look(
                    "find our own request in the log",
                    """
                    for try in $(seq %d); do
                      %s | grep -aF -- %s | tail -n 1 | cut -b 1-4000 | grep . && exit
                      sleep 0.1
                    done
                    true
                    """
                        .formatted(LONGEST_DELAY.toMillis() / 100, log, Quote.sh(mark)))
                .within(LONGEST_DELAY.multipliedBy(5))
                .asRoot())
        .orFail("see that docker runs there and that the log can be read, then retry")
        .strip();
  }

  private static String random() {
    return UUID.randomUUID().toString().substring(0, 8);
  }
}
