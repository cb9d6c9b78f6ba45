package io.pryv.migration.proxy;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
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

  /** A write that failed, in nginx's format {@code combined}: it says nothing of the body. */
  private static final Pattern COMBINED =
      Pattern.compile(
          "(\\S+) .*?\\[([^\\]]+)\\] \"(POST|PUT|PATCH|DELETE) (\\S+)[^\"]*\" (5\\d\\d) .*");

  private static final DateTimeFormatter NGINX_TIME =
      DateTimeFormatter.ofPattern("dd/MMM/yyyy:HH:mm:ss Z", Locale.ENGLISH);

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

  /** Reads nginx's access log: the writes that failed in that second or later. */
  static List<RefusedWrite> ofAccessLog(String log, Instant since) {
    List<RefusedWrite> refused = new ArrayList<>();
    for (String line : log.lines().toList()) {
      Matcher matcher = COMBINED.matcher(line.strip());
      if (matcher.matches()) {
        Instant at = time(matcher.group(2));
        if (!at.isBefore(since.truncatedTo(ChronoUnit.SECONDS))) {
          refused.add(
              new RefusedWrite(
                  at,
                  matcher.group(1),
                  matcher.group(3),
                  matcher.group(4),
                  Integer.parseInt(matcher.group(5)),
                  ""));
        }
      }
    }
    return refused;
  }

  private static Instant time(String nginx) {
    try {
      return OffsetDateTime.parse(nginx, NGINX_TIME).toInstant();
    } catch (DateTimeException otherFormat) {
      // Rather one too many in the list.
      return Instant.MAX;
    }
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
