package io.pryv.migration.proxy;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A write that source refused around the switch and that nginx did not ask of dest.
 *
 * @param client its address
 * @param user the name that it is about; empty when the body did not tell
 */
record RefusedWrite(Instant at, String client, String method, String uri, int status, String user) {

  private static final Pattern LINE =
      Pattern.compile("(\\d+)\\.(\\d{3}) (\\S+) (\\S+) (.+) (\\d{3}) (\\S+)");

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

  /** Whether a core may have created the user already, so that the client can't do it again. */
  boolean creationOnCore() {
    return method.equals("POST") && CREATION.matcher(uri).matches();
  }

  /** For the report: who it is about, and what to do. */
  static String markdown(List<RefusedWrite> refused) {
    if (refused.isEmpty()) {
      return "No write was refused without being asked of dest.\n";
    }
    StringBuilder text =
        new StringBuilder(
            "| when | client | request | status | user | remedy |\n|---|---|---|---|---|---|\n");
    for (RefusedWrite write : refused) {
      text.append(
          "| %s | %s | %s %s | %d | %s | %s |%n"
              .formatted(
                  write.at,
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
    return text.toString();
  }
}
