package io.pryv.migration.retirement;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
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

  private static final Pattern COMBINED =
      Pattern.compile("^(\\S+) .*?\\[([^\\]]+)\\] \"((?:[^\"\\\\]|\\\\.)*)\".*");
  private static final Pattern REQUEST_LINE = Pattern.compile("[A-Z]+ \\S.* HTTP/\\d.*");
  private static final DateTimeFormatter NGINX_TIME =
      DateTimeFormatter.ofPattern("dd/MMM/yyyy:HH:mm:ss Z", Locale.ENGLISH);
  private static final Pattern DNS_LINE = Pattern.compile(".*\\bDNS:\\s+(\\S+)\\s*$");
  private static final int LONGEST = 120;

  /**
   * Reads a line of nginx's access log. Bytes that are no HTTP request at all come from scanners of
   * ports, not from clients; a line of an unknown shape counts as a request, made now.
   */
  static Optional<Request> ofAccessLog(String line, Instant now) {
    if (line.isBlank()) {
      return Optional.empty();
    }
    Matcher matcher = COMBINED.matcher(line);
    if (!matcher.matches()) {
      return Optional.of(new Request(now, "unknown", shortened(line)));
    }
    if (!REQUEST_LINE.matcher(matcher.group(3)).matches()) {
      return Optional.empty();
    }
    return Optional.of(
        new Request(time(matcher.group(2), now), matcher.group(1), shortened(matcher.group(3))));
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
  private static Instant time(String nginx, Instant now) {
    try {
      Instant end = OffsetDateTime.parse(nginx, NGINX_TIME).toInstant().plusMillis(999);
      return end.isAfter(now) ? now : end;
    } catch (DateTimeException otherFormat) {
      return now;
    }
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
