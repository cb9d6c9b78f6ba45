package io.pryv.migration.retirement;

import io.pryv.migration.machine.AccessLogFormat;
import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.Quote;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.platform.Layout;
import io.pryv.migration.platform.Register;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Reads what is new in the access log and in the dns log of one machine. Register's own log has no
 * requests (field guide 3.9).
 *
 * @param now by the machine's clock
 * @param accessLogId see {@link Ear}
 * @param accessLogSize bytes
 * @param dnsLogId see {@link Ear}
 * @param http new lines of the access log, without our own probes; at most {@link #MOST_LINES}
 * @param dns new lines of the dns log, likewise
 * @param unread lines beyond those
 * @param lost whether a part of a log can no longer be read
 * @param format of the access log
 * @param ownHttp the line of our own probe in the access log; empty when there is none
 * @param ownDns whether a probe of ours was found in the dns log
 */
record Listening(
    Instant now,
    String accessLogId,
    long accessLogSize,
    String dnsLogId,
    List<String> http,
    List<String> dns,
    long unread,
    boolean lost,
    AccessLogFormat format,
    Optional<String> ownHttp,
    boolean ownDns) {

  /** Stands in each request of ours. */
  static final String MARK = "register-migration";

  static final int MOST_LINES = 500;

  /** docker stamps a line a little before it can be read. */
  private static final Duration OVERLAP = Duration.ofSeconds(2);

  /**
   * Whether our own probe was found and could be read as what it was.
   *
   * @param path that the probe asked for
   */
  boolean readsOwnHttp(String path) {
    return ownHttp
        .flatMap(format::read)
        .filter(request -> request.at().isPresent())
        .filter(request -> request.method().equals("GET") && request.target().equals(path))
        .isPresent();
  }

  /** Behind the log's name: what was found instead of our own probe. */
  String whyNotRead() {
    if (ownHttp.isEmpty()) {
      return " (no line of it)";
    }
    return " (format `%s`%s, line `%s`)"
        .formatted(
            format.text(),
            format.lacks().isEmpty() ? "" : " without " + String.join(" and ", format.lacks()),
            ownHttp.get());
  }

  static Listening to(Shell shell, Register register, String domain, Optional<Ear> before) {
    String looked =
        shell
            .run(
                Command.look(
                        "read what is new in the access log and the dns log",
                        script(register.layout(), domain, before))
                    .asRoot())
            .orFail("see that docker runs there and that the log files can be read, then retry");
    return parse(
        looked,
        register.layout().nginxContainer().isEmpty()
            ? AccessLogFormat.combined()
            : AccessLogFormat.on(shell, register.layout()));
  }

  static String script(Layout layout, String domain, Optional<Ear> before) {
    String since = before.map(ear -> ear.looked().minus(OVERLAP).toString()).orElse("");
    StringBuilder script =
        new StringBuilder(
            """
            now=$(date -u +%%Y-%%m-%%dT%%H:%%M:%%S.%%NZ)
            echo "now $now"
            since=%s
            since=${since:-$now}
            show() {
              grep -aF %s "$3" | tail -n 1 | sed "s/^/own-$1 /"
              grep -avF %s "$3" | grep -a%s >"$3.theirs" || true
              echo "count $(wc -l <"$3.theirs")"
              tail -n %d "$3.theirs" | sed "s/^/$1 /"
            }
            tmp=$(mktemp -d)
            trap 'rm -rf "$tmp"' EXIT
            set -e
            """
                .formatted(
                    Quote.sh(since),
                    Quote.sh(MARK),
                    Quote.sh(MARK),
                    "${2:+i}F -- \"${2:-}\"",
                    MOST_LINES));
    if (!layout.accessLog().isEmpty()) {
      script.append(
          """
          log=%s
          id=%s
          from=%d
          [ -r "$log" ] || { echo "$log cannot be read" >&2; exit 1; }
          now_id=$(stat -c %%i -- "$log")
          size=$(stat -c %%s -- "$log")
          echo "access $now_id $size"
          if [ -z "$id" ]; then
            :
          elif [ "$id" = "$now_id" ] && [ "$size" -ge "$from" ]; then
            tail -c +$((from + 1)) -- "$log" | head -c $((size - from)) >"$tmp/http"
          else
            # Rotated: the old file has another name; or copied and truncated.
            if [ "$id" != "$now_id" ]; then
              old=$(find "$(dirname -- "$log")" -maxdepth 1 -type f -inum "$id" | head -n 1)
            else
              old=$(ls -t -- "$log".1 "$log"-* 2>/dev/null | head -n 1 || true)
            fi
            if [ -n "$old" ] && [ "$(stat -c %%s -- "$old")" -ge "$from" ]; then
              tail -c +$((from + 1)) -- "$old" >"$tmp/http"
            else
              echo lost
            fi
            head -c "$size" -- "$log" >>"$tmp/http"
          fi
          touch "$tmp/http"
          show http '' "$tmp/http"
          """
              .formatted(
                  Quote.sh(layout.accessLog()),
                  Quote.sh(before.map(Ear::accessLogId).orElse("")),
                  before.map(Ear::accessLogOffset).orElse(0L)));
    } else if (!layout.nginxContainer().isEmpty()) {
      script.append(
          """
          container=%s
          echo "access $(docker inspect -f '{{.Id}}' "$container") 0"
          docker logs --since "$since" "$container" >"$tmp/http" 2>/dev/null
          show http '' "$tmp/http"
          """
              .formatted(Quote.sh(layout.nginxContainer())));
    }
    script.append(
        """
        container=%s
        echo "dns-log $(docker inspect -f '{{.Id}}' "$container")"
        docker logs --timestamps --since "$since" "$container" >"$tmp/all" 2>&1
        grep -aF 'DNS: ' "$tmp/all" >"$tmp/dns" || true
        show dns %s "$tmp/dns"
        """
            .formatted(Quote.sh(layout.dnsContainer()), Quote.sh(domain)));
    return script.toString();
  }

  static Listening parse(String looked, AccessLogFormat format) {
    Instant now = null;
    String accessLogId = "";
    long accessLogSize = 0;
    String dnsLogId = "";
    List<String> http = new ArrayList<>();
    List<String> dns = new ArrayList<>();
    long count = 0;
    boolean lost = false;
    Optional<String> ownHttp = Optional.empty();
    boolean ownDns = false;
    for (String line : looked.lines().toList()) {
      int space = line.indexOf(' ');
      String tag = space < 0 ? line : line.substring(0, space);
      String rest = space < 0 ? "" : line.substring(space + 1);
      switch (tag) {
        case "now" -> now = Instant.parse(rest);
        case "access" -> {
          accessLogId = rest.substring(0, rest.indexOf(' '));
          accessLogSize = Long.parseLong(rest.substring(rest.indexOf(' ') + 1));
        }
        case "dns-log" -> dnsLogId = rest;
        case "http" -> http.add(rest);
        case "dns" -> dns.add(rest);
        case "count" -> count += Long.parseLong(rest.strip());
        case "lost" -> lost = true;
        case "own-http" -> ownHttp = Optional.of(rest);
        case "own-dns" -> ownDns = true;
        default -> throw new IllegalArgumentException("not a line of ours: " + line);
      }
    }
    if (now == null) {
      throw new IllegalArgumentException("no time in: " + looked.toLowerCase(Locale.ROOT));
    }
    return new Listening(
        now,
        accessLogId,
        accessLogSize,
        dnsLogId,
        http,
        dns,
        count - http.size() - dns.size(),
        lost,
        format,
        ownHttp,
        ownDns);
  }
}
