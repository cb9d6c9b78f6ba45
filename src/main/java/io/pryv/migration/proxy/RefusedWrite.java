package io.pryv.migration.proxy;

import io.pryv.migration.machine.AccessLogFormat;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A write that source refused while it was to take none, and that nginx did not ask of dest.
 *
 * @param client its address
 * @param user the name that it is about; empty when the body did not tell
 */
record RefusedWrite(Instant at, String client, String method, String uri, int status, String user) {

  private static final Pattern LINE =
      Pattern.compile("(\\d+)\\.(\\d{3}) (\\S+) (\\S+) (.+) (\\d{3}) (\\S+)");

  private static final Set<String> WRITES = Set.of("POST", "PUT", "PATCH", "DELETE");

  /** Rows that a report can bear. */
  private static final int MOST_ROWS = 50;

  private static final Pattern CREATION = Pattern.compile("(?i).*/user/?");

  /** Reads nginx's log of them; what is no such line is left out. */
  static List<RefusedWrite> parse(String log) {
    List<RefusedWrite> refused = new ArrayList<>();
    for (String line : log.lines().toList()) {
      Matcher matcher = LINE.matcher(line.strip());
      if (matcher.matches()) {
        refused.add(
            new RefusedWrite(
                Instant.ofEpochSecond(
                    Long.parseLong(matcher.group(1)), Long.parseLong(matcher.group(2)) * 1_000_000),
                matcher.group(3),
                matcher.group(4),
                matcher.group(5),
                Integer.parseInt(matcher.group(6)),
                matcher.group(7).equals("-") ? "" : matcher.group(7)));
      }
    }
    return refused;
  }

  /** Reads lines of nginx's access log: the writes that failed in that second or later. */
  static List<RefusedWrite> ofAccessLog(List<String> lines, AccessLogFormat format, Instant since) {
    List<RefusedWrite> refused = new ArrayList<>();
    for (String line : lines) {
      format
          .read(line)
          .filter(request -> WRITES.contains(request.method()) && request.status() / 100 == 5)
          .filter(request -> mayBeSince(request, since))
          .ifPresent(
              request ->
                  refused.add(
                      new RefusedWrite(
                          request.at().orElse(Instant.MAX),
                          request.client(),
                          request.method(),
                          request.target(),
                          request.status(),
                          "")));
    }
    return refused;
  }

  /** Whether a line is of that second or later; rather one too many. */
  static boolean mayBeSince(String line, AccessLogFormat format, Instant since) {
    return format.read(line).map(request -> mayBeSince(request, since)).orElse(true);
  }

  private static boolean mayBeSince(AccessLogFormat.Logged request, Instant since) {
    return request.at().map(at -> !at.isBefore(since.truncatedTo(ChronoUnit.SECONDS))).orElse(true);
  }

  /** Whether a core may have created the user already, so that the client can't do it again. */
  boolean creationOnCore() {
    return method.equals("POST") && CREATION.matcher(uri).matches();
  }

  /** For the report: who it is about, and what to do. */
  static String markdown(List<RefusedWrite> refused) {
    if (refused.isEmpty()) {
      return "No write was refused for good.\n";
    }
    StringBuilder text =
        new StringBuilder(
            "| when | client | request | status | user | remedy |\n|---|---|---|---|---|---|\n");
    for (RefusedWrite write : refused.subList(0, Math.min(MOST_ROWS, refused.size()))) {
      text.append(
          "| %s | %s | %s %s | %d | %s | %s |%n"
              .formatted(
                  write.at.equals(Instant.MAX) ? "unknown" : write.at,
                  write.client,
                  write.method,
                  write.uri.replace("|", "\\|"),
                  write.status,
                  write.user.isEmpty() ? "not told" : write.user,
                  write.creationOnCore()
                      ? "see on the core whether the user is there; if so, register the name with"
                          + " `POST /users` and the system key, since the core refuses it a second"
                          + " time"
                      : "the client has to ask again"));
    }
    if (refused.size() > MOST_ROWS) {
      text.append("\nand ").append(refused.size() - MOST_ROWS).append(" more\n");
    }
    return text.toString();
  }
}
