package io.pryv.migration.machine;

import io.pryv.migration.platform.Layout;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * How nginx writes a request down: a {@code log_format} (ngx_http_log_module), read backwards. So
 * every format can be read that holds the time, the request and the status, whatever its order, and
 * JSON as well.
 */
public final class AccessLogFormat {

  private static final String COMBINED =
      "$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent"
          + " \"$http_referer\" \"$http_user_agent\"";

  /** nginx takes no longer request line, unless told otherwise. */
  private static final int LONGEST = 8_192;

  private static final Pattern VARIABLE = Pattern.compile("\\$(?:\\{(\\w+)\\}|(\\w+))");
  private static final Pattern REQUEST_LINE = Pattern.compile("([A-Z]+) (\\S.*) HTTP/\\d.*");
  private static final Pattern METHOD = Pattern.compile("[A-Z]+");
  private static final DateTimeFormatter LOCAL =
      DateTimeFormatter.ofPattern("dd/MMM/yyyy:HH:mm:ss Z", Locale.ENGLISH);

  private static final List<String> TIMES = List.of("time_local", "time_iso8601", "msec");
  private static final List<String> TARGETS = List.of("request_uri", "uri", "document_uri");
  private static final List<String> CLIENTS =
      List.of("remote_addr", "realip_remote_addr", "http_x_real_ip", "http_x_forwarded_for");
  private static final Set<String> READ =
      Stream.of(TIMES, TARGETS, CLIENTS, List.of("request", "request_method", "status"))
          .flatMap(List::stream)
          .collect(Collectors.toUnmodifiableSet());

  private static final Map<String, String> SHAPES =
      Map.of(
          "time_local", "\\d\\d/\\w{3}/\\d{4}:\\d\\d:\\d\\d:\\d\\d [+-]\\d{4}",
          "time_iso8601", "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d[+-]\\d\\d:\\d\\d");

  private static final Map<String, String> STRICT =
      Map.of("status", "\\d{3}", "is_args", "(?:\\?[^\\s\"]*+|-)?");

  private final String text;

  /** The same with a query in one piece: without one, nginx writes "-" for it. */
  private final String shortened;

  private final List<String> variables = new ArrayList<>();
  private final Pattern pattern;

  private AccessLogFormat(String text) {
    this.text = text;
    this.shortened = text.replaceAll("\\$is_args\\$(args|query_string)", "\\$is_args");
    this.pattern = backwards();
  }

  /**
   * A request as nginx wrote it down.
   *
   * @param at the beginning of the second in which it ended, by the machine's clock; empty when the
   *     line's time can not be read
   * @param client its address; empty where the format does not tell
   * @param method empty when it was no HTTP request at all
   * @param target path and query
   */
  public record Logged(
      Optional<Instant> at, String client, String method, String target, int status) {}

  /** nginx's own, where none is named. */
  public static AccessLogFormat combined() {
    return new AccessLogFormat(COMBINED);
  }

  /** The format of the register's log on a machine; nginx's own where nginx does not say. */
  public static AccessLogFormat on(Shell shell, Layout layout) {
    return of(
        shell
            .run(
                Command.look(
                        "read in which format nginx logs", NginxContainer.dump(layout) + "true\n")
                    .within(Duration.ofSeconds(30)))
            .orFail("see that docker runs there, then retry"),
        layout.accessLog());
  }

  /**
   * The format of a log.
   *
   * @param configuration as {@code nginx -T} prints it
   * @param log its path on the host; empty for the container's own log
   */
  public static AccessLogFormat of(String configuration, String log) {
    List<NginxDirective> all;
    try {
      all = NginxDirective.parse(configuration).stream().flatMap(AccessLogFormat::within).toList();
    } catch (UnexpectedText unreadable) {
      return combined();
    }
    String name =
        all.stream()
            .filter(directive -> directive.name().equals("access_log"))
            .map(NginxDirective::arguments)
            .filter(arguments -> arguments.size() > 1 && goesTo(arguments.get(0), log))
            .map(arguments -> arguments.get(1))
            .findFirst()
            .orElse("combined");
    return all.stream()
        .filter(directive -> directive.name().equals("log_format"))
        .map(NginxDirective::arguments)
        .filter(arguments -> arguments.size() > 1 && arguments.get(0).equals(name))
        .map(arguments -> String.join("", arguments.subList(1, arguments.size())))
        .map(format -> new AccessLogFormat(format.replaceFirst("^escape=\\w+", "")))
        .findFirst()
        .orElseGet(AccessLogFormat::combined);
  }

  /** The same file has another directory inside of the container. */
  private static boolean goesTo(String path, String log) {
    return log.isEmpty()
        ? path.matches("/dev/stdout|/proc/self/fd/1|(/var/log/nginx|logs)/access\\.log")
        : path.substring(path.lastIndexOf('/') + 1).equals(log.substring(log.lastIndexOf('/') + 1));
  }

  private static Stream<NginxDirective> within(NginxDirective directive) {
    return Stream.concat(
        Stream.of(directive), directive.children().stream().flatMap(AccessLogFormat::within));
  }

  /** As the {@code log_format} says it. */
  public String text() {
    return text;
  }

  /** What of time, request and status it does not tell; empty when it can be read. */
  public List<String> lacks() {
    List<String> lacks = new ArrayList<>();
    if (TIMES.stream().noneMatch(variables::contains)) {
      lacks.add("the time");
    }
    if (!variables.contains("request")
        && !(variables.contains("request_method")
            && TARGETS.stream().anyMatch(variables::contains))) {
      lacks.add("the request");
    }
    if (!variables.contains("status")) {
      lacks.add("the status");
    }
    return lacks;
  }

  /** Reads one line; empty when it is not of this format. */
  public Optional<Logged> read(String line) {
    Matcher matcher = pattern.matcher(line.substring(0, Math.min(line.length(), LONGEST)));
    if (!lacks().isEmpty() || !matcher.lookingAt()) {
      return Optional.empty();
    }
    Map<String, String> values = new LinkedHashMap<>();
    for (int i = 0; i < variables.size(); i++) {
      values.putIfAbsent(variables.get(i), matcher.group(i + 1));
    }
    String method = values.getOrDefault("request_method", "");
    String target = first(values, TARGETS);
    if (values.containsKey("request")) {
      Matcher request = REQUEST_LINE.matcher(values.get("request"));
      boolean http = request.matches();
      method = http ? request.group(1) : "";
      target = http ? request.group(2) : "";
    } else if (!METHOD.matcher(method).matches()) {
      method = "";
    }
    return Optional.of(
        new Logged(
            time(values),
            first(values, CLIENTS),
            method,
            target,
            Integer.parseInt(values.get("status"))));
  }

  private static Optional<Instant> time(Map<String, String> values) {
    try {
      if (values.containsKey("time_local")) {
        return Optional.of(OffsetDateTime.parse(values.get("time_local"), LOCAL).toInstant());
      }
      if (values.containsKey("time_iso8601")) {
        return Optional.of(OffsetDateTime.parse(values.get("time_iso8601")).toInstant());
      }
      return Optional.of(
          Instant.ofEpochSecond(Long.parseLong(values.get("msec").replaceFirst("\\..*", ""))));
    } catch (DateTimeException | NumberFormatException unreadable) {
      return Optional.empty();
    }
  }

  private static String first(Map<String, String> values, List<String> names) {
    return names.stream().filter(values::containsKey).map(values::get).findFirst().orElse("");
  }

  /** Up to what ends the last variable that is read: what clients make long stands behind. */
  private Pattern backwards() {
    StringBuilder regex = new StringBuilder();
    int kept = 0;
    int read = 0;
    boolean open = false;
    Matcher variable = VARIABLE.matcher(shortened);
    while (variable.find()) {
      String between = shortened.substring(read, variable.start());
      if (open && !between.isEmpty()) {
        kept = regex.length() + Pattern.quote(between.substring(0, 1)).length();
        regex.append(Pattern.quote(between.substring(0, 1)));
        between = between.substring(1);
        open = false;
      }
      regex.append(between.isEmpty() ? "" : Pattern.quote(between));
      read = variable.end();
      String name = variable.group(1) == null ? variable.group(2) : variable.group(1);
      boolean reads = READ.contains(name);
      regex
          .append(reads ? "(" : "(?:")
          .append(STRICT.containsKey(name) ? STRICT.get(name) : shape(name, read))
          .append(')');
      if (reads) {
        variables.add(name);
        open = true;
      }
    }
    if (open) {
      return Pattern.compile(
          regex
              + (read < shortened.length()
                  ? Pattern.quote(shortened.substring(read, read + 1))
                  : "$"));
    }
    return Pattern.compile(regex.substring(0, kept));
  }

  private String shape(String name, int next) {
    return SHAPES.containsKey(name) ? SHAPES.get(name) + "|" + until(next) : until(next);
  }

  /**
   * Any value, to what stands behind it in the format. A client can make it hold that as well; then
   * the line is not read, and nobody tries each place where the value may end.
   */
  private String until(int next) {
    if (next == shortened.length()) {
      return ".*+";
    }
    if (shortened.startsWith("$is_args", next)) {
      return "[^?\\s\"]*?";
    }
    if (shortened.charAt(next) == '$') {
      return "[^/\\s\"]*+";
    }
    if (shortened.charAt(next) == '"') {
      // nginx escapes a quote within a value.
      return "[^\"\\\\]*+(?:\\\\.[^\"\\\\]*+)*+";
    }
    Matcher following = VARIABLE.matcher(shortened);
    int end = following.find(next) ? following.start() : shortened.length();
    String first = shortened.substring(next, next + 1).replaceFirst("(\\W)", "\\\\$1");
    return "[^%1$s]*+(?:%1$s(?!%2$s)[^%1$s]*+)*+"
        .formatted(first, Pattern.quote(shortened.substring(next + 1, end)));
  }
}
