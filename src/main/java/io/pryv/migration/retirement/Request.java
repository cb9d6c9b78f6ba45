package io.pryv.migration.retirement;

import io.pryv.migration.machine.AccessLogFormat;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A request that somebody made of source.
 *
 * @param at by the machine's own clock
 * @param who the client's address; the dns log does not have it
 * @param what the request line, or the name asked for
 */
record Request(Instant at, String who, String what) {

  private static final Pattern DNS_LINE = Pattern.compile(".*\\bDNS:\\s+(\\S+)\\s*$");
  private static final int LONGEST = 120;

  /**
   * Reads a line of nginx's access log. Bytes that are no HTTP request at all come from scanners of
   * ports, not from clients; a line of another format counts as a request, made now.
   */
  static Optional<Request> ofAccessLog(String line, AccessLogFormat format, Instant now) {
    if (line.isBlank()) {
      return Optional.empty();
    }
    Optional<AccessLogFormat.Logged> logged = format.read(line);
    if (logged.isEmpty()) {
      return Optional.of(new Request(now, "unknown", shortened(line)));
    }
    return logged
        .filter(request -> !request.method().isEmpty())
        .map(
            request ->
                new Request(
                    request.at().map(second -> endOf(second, now)).orElse(now),
                    request.client(),
                    shortened(request.method() + " " + request.target())));
  }

  /**
   * Reads a line of {@code docker logs --timestamps} of dns. Names outside the domain come from
   * scanners for open resolvers.
   */
  static Optional<Request> ofDnsLog(String line, String domain, Instant now) {
    int space = line.indexOf(' ');
    Matcher matcher = DNS_LINE.matcher(line);
    if (space < 0 || !matcher.matches()) {
      return Optional.empty();
    }
    String name = matcher.group(1).toLowerCase(Locale.ROOT).replaceFirst("\\.$", "");
    if (!name.equals(domain) && !name.endsWith("." + domain)) {
      return Optional.empty();
    }
    return Optional.of(
        new Request(instant(line.substring(0, space)).orElse(now), "", shortened(name)));
  }

  /** nginx logs whole seconds: the request was made at any time of that second. */
  private static Instant endOf(Instant second, Instant now) {
    Instant end = second.plusMillis(999);
    return end.isAfter(now) ? now : end;
  }

  private static Optional<Instant> instant(String docker) {
    try {
      return Optional.of(Instant.parse(docker));
    } catch (DateTimeException otherFormat) {
      return Optional.empty();
    }
  }

  private static String shortened(String text) {
    return text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "…";
  }
}
