package io.pryv.migration.proxy;

import static java.util.stream.Collectors.joining;

import io.pryv.migration.machine.LineMarks;
import io.pryv.migration.machine.NginxDirective;
import io.pryv.migration.machine.UnexpectedText;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Source's nginx site file, and the edit that makes it pass the register's requests on to dest
 * (procedure, "Set NGINX proxying"; field guide, 3.1). Every byte that need not change is kept.
 */
public final class NginxSite {

  /** The upstream of the register's API. */
  public static final String REGISTER = "register_server";

  private static final Pattern PASS = Pattern.compile("(https?)://" + REGISTER + "([/$].*)?");

  /**
   * What dest must be told of the request. Without Host, nginx says {@code register_server}, which
   * on dest no server block is named after: its first one would answer, with 404.
   */
  private static final List<String> HEADERS =
      List.of(
          "Host $host",
          "X-Real-IP $remote_addr",
          "X-Forwarded-For $proxy_add_x_forwarded_for",
          "X-Forwarded-Proto $scheme");

  /** Makes dest choose certificate and server block by the client's own host name. */
  private static final Map<String, String> TLS =
      Map.of("proxy_ssl_server_name", "on", "proxy_ssl_name", "$host");

  /**
   * How long dest may take for what it is asked again: a dest whose Redis has died would let its
   * register wait for it, and the client with it.
   */
  private static final Map<String, String> PATIENCE =
      new TreeMap<>(Map.of("proxy_connect_timeout", "2s", "proxy_read_timeout", "4s"));

  private static final Set<String> HOSTS_OF_CLIENT = Set.of("$host", "$http_host");

  private final String text;
  private final List<NginxDirective> directives;

  private NginxSite(String text) {
    this.text = text;
    this.directives = NginxDirective.parse(text);
  }

  /**
   * Reads a site file.
   *
   * @throws UnexpectedText when nginx could not read it either
   */
  public static NginxSite parse(String text) {
    return new NginxSite(text);
  }

  /** The file as it was before {@link #proxyTo}, to the byte. */
  public static String undo(String text) {
    return LineMarks.undo(text);
  }

  /** Whether the file has an upstream of the register at all. */
  public boolean hasRegister() {
    return walk().stream().anyMatch(place -> isRegisterUpstream(place.directive()));
  }

  /** Whether every request to the register goes to dest. */
  public boolean isProxying(String destAddress) {
    List<Place> passes = passes();
    return walk().stream()
            .map(Place::directive)
            .filter(NginxSite::isRegisterUpstream)
            .map(
                upstream ->
                    upstream.children("server").stream().map(NginxDirective::arguments).toList())
            .toList()
            .equals(List.of(List.of(List.of(destAddress + ":443"))))
        && !passes.isEmpty()
        && passes.stream().allMatch(pass -> schemeOf(pass).equals("https"));
  }

  /** The lines that {@link #proxyTo} will edit, in order, with the server block they stand in. */
  public List<EditedLine> linesToEdit() {
    NginxSite original = new NginxSite(undo(text));
    List<EditedLine> lines = new ArrayList<>();
    lines.add(original.edited(original.registerServer()));
    original.registerPasses().forEach(pass -> lines.add(original.edited(pass)));
    lines.sort(Comparator.comparingInt(EditedLine::line));
    return List.copyOf(lines);
  }

  /**
   * The file with the register's requests passed on to dest: the server of {@code register_server}
   * and each {@code proxy_pass http://register_server} commented out in place, the new ones beside
   * them, with Host header and SNI. Other upstreams ({@code mail_server}, …) are left alone. An
   * earlier edit of ours is replaced; asking again changes nothing.
   *
   * @param destAddress IPv4 address of dest
   * @throws UnexpectedText when the lines to edit are not found as expected
   */
  public String proxyTo(String destAddress) {
    String originalText = undo(text);
    NginxSite original = new NginxSite(originalText);
    Map<NginxDirective, List<String>> replacements = new HashMap<>();
    replacements.put(
        original.registerServer().directive(), List.of("server " + destAddress + ":443;"));
    original.registerPasses().forEach(pass -> original.replacePass(pass, replacements));
    return original.edit(replacements, Map.of());
  }

  /**
   * The file with which the register's requests still go to source's own register, and those that
   * it answers with an error are asked of dest, which nginx does by a named location: method and
   * body stay. A write is asked again only after a 500, since after a 502 or 504 it may have been
   * taken; a read after any 5xx. {@code POST /user} is never asked again: it calls a core before it
   * writes, and a core refuses to create the same user twice (field guide 3.20). Writes that were
   * not asked again are written to a log of their own, with the name of the user.
   *
   * @param destAddress IPv4 address of dest
   * @param failures the log's path, as nginx sees it
   * @throws UnexpectedText when the lines to edit are not found as expected, or the location has
   *     settings with which this would not work
   */
  public String retryOn(String destAddress, String failures) {
    NginxSite original = new NginxSite(undo(text));
    NginxDirective upstream = original.registerServer().parent().orElseThrow();
    Map<NginxDirective, List<String>> replacements = new HashMap<>();
    Map<NginxDirective, List<String>> above = new HashMap<>();
    Map<NginxDirective, Integer> perServer = new HashMap<>();
    for (Place pass : original.registerPasses()) {
      original.refuseUnfitForRetry(pass);
      NginxDirective location = pass.parent().orElseThrow();
      NginxDirective server = pass.parents().get(0);
      int number = perServer.merge(server, 1, Integer::sum);
      replacements.put(
          pass.directive(),
          List.of(
              original.textOf(pass.directive()),
              "proxy_intercept_errors on;",
              "error_page 500 = " + RetryText.after500(number) + ";",
              "error_page 502 503 504 = " + RetryText.afterOther(number) + ";"));
      List<String> locations = new ArrayList<>();
      locations.add("location " + RetryText.onDest(number) + " {");
      original.linesOnDest(pass, destAddress).forEach(line -> locations.add("  " + line));
      locations.add("}");
      if (number == 1) {
        locations.addAll(RetryText.refusals(failures));
      }
      above.put(location, locations);
    }
    above.put(
        upstream,
        RetryText.variables(perServer.values().stream().mapToInt(n -> n).max().orElseThrow()));
    return original.edit(replacements, above);
  }

  /** What would make the retry do something else than it says. */
  private void refuseUnfitForRetry(Place pass) {
    NginxDirective location = pass.parent().orElseThrow();
    if (pass.parents().size() != 2 || !pass.parents().get(0).name().equals("server")) {
      throw unfit(location, "a location directly in its server block", "another");
    }
    if (matched(pass).group(2) != null) {
      throw unfit(
          location, "proxy_pass without a path", textOf(pass.directive()).replaceAll("\\s+", " "));
    }
    for (NginxDirective child : location.children()) {
      if (child.block() || List.of("error_page", "proxy_intercept_errors").contains(child.name())) {
        throw unfit(location, "no " + child.name() + " in the location", "one");
      }
    }
    for (NginxDirective around : pass.parents()) {
      if (around.children("proxy_request_buffering").stream()
          .anyMatch(setting -> setting.arguments().equals(List.of("off")))) {
        throw unfit(location, "request bodies kept for a retry", "proxy_request_buffering off");
      }
    }
  }

  private UnexpectedText unfit(NginxDirective location, String expected, String found) {
    return new UnexpectedText(
        expected,
        "%s, at the location on line %d"
            .formatted(found, NginxDirective.lineOf(text, location.start())),
        "set retryOnDest: false in the platform file: the few writes that meet the switch are then"
            + " refused instead of being asked again on dest");
  }

  /** What the location on dest's side holds: all that this one does, with dest for the register. */
  private List<String> linesOnDest(Place pass, String destAddress) {
    Map<NginxDirective, List<String>> changed = new HashMap<>();
    replacePass(pass, changed);
    List<String> lines = new ArrayList<>();
    for (NginxDirective child : pass.parent().orElseThrow().children()) {
      if (child.equals(pass.directive())) {
        lines.add("proxy_pass https://" + destAddress + ":443;");
        lines.addAll(changed.get(child).subList(1, changed.get(child).size()));
        PATIENCE.forEach((name, time) -> lines.add(name + " " + time + ";"));
      } else if (!changed.containsKey(child) && !PATIENCE.containsKey(child.name())) {
        lines.add(textOf(child).replaceAll("\\s*\\R\\s*", " "));
      }
    }
    return lines;
  }

  private String textOf(NginxDirective directive) {
    return text.substring(directive.start(), directive.end());
  }

  private String edit(
      Map<NginxDirective, List<String>> replacements, Map<NginxDirective, List<String>> above) {
    for (NginxDirective directive : above.keySet()) {
      if (!text.substring(lineStart(directive.start()), directive.start()).isBlank()) {
        throw new UnexpectedText(
            directive.name() + " at the beginning of a line",
            "something before it on line " + NginxDirective.lineOf(text, directive.start()),
            "put it on a line of its own, then retry");
      }
    }
    String edited = replace(replacements, above);
    prove(this, replacements, above, edited);
    return edited;
  }

  /** That nothing else changed, and that undoing gives back the original, whatever the file. */
  private static void prove(
      NginxSite original,
      Map<NginxDirective, List<String>> replacements,
      Map<NginxDirective, List<String>> above,
      String edited) {
    if (!NginxDirective.same(
            expected(original.directives, replacements, above), NginxDirective.parse(edited))
        || !undo(edited).equals(original.text)) {
      throw new UnexpectedText(
          "lines whose directives can be replaced one by one",
          "a shape this edit is not safe for",
          "put each directive of upstream "
              + REGISTER
              + " and of its locations on a line of its own, then retry");
    }
  }

  private static List<NginxDirective> expected(
      List<NginxDirective> directives,
      Map<NginxDirective, List<String>> replacements,
      Map<NginxDirective, List<String>> above) {
    List<NginxDirective> expected = new ArrayList<>();
    for (NginxDirective directive : directives) {
      if (above.containsKey(directive)) {
        expected.addAll(NginxDirective.parse(String.join("\n", above.get(directive))));
      }
      List<String> replacement = replacements.get(directive);
      if (replacement != null) {
        expected.addAll(NginxDirective.parse(String.join("\n", replacement)));
      } else {
        expected.add(
            new NginxDirective(
                directive.name(),
                directive.arguments(),
                expected(directive.children(), replacements, above),
                directive.block(),
                directive.start(),
                directive.end()));
      }
    }
    return expected;
  }

  private Place registerServer() {
    List<Place> upstreams =
        walk().stream().filter(place -> isRegisterUpstream(place.directive())).toList();
    if (upstreams.size() != 1) {
      throw new UnexpectedText(
          "upstream " + REGISTER + " { … } exactly once",
          upstreams.isEmpty() ? "none" : "it on lines " + lineNumbers(upstreams),
          "name the right file as layout.nginxSiteFile in the platform file, or leave one such"
              + " upstream in it");
    }
    NginxDirective upstream = upstreams.get(0).directive();
    List<Place> servers =
        upstream.children("server").stream()
            .map(server -> new Place(server, upstreams.get(0).and()))
            .toList();
    if (servers.size() != 1) {
      throw new UnexpectedText(
          "one server line in upstream "
              + REGISTER
              + " (line "
              + NginxDirective.lineOf(text, upstream.start())
              + ")",
          servers.isEmpty() ? "none" : servers.size() + ", on lines " + lineNumbers(servers),
          "leave the one that leads to the register, comment the others out, then retry");
    }
    return servers.get(0);
  }

  private List<Place> registerPasses() {
    List<Place> passes = passes();
    List<Place> http = passes.stream().filter(pass -> schemeOf(pass).equals("http")).toList();
    if (http.isEmpty() || http.size() != passes.size()) {
      throw new UnexpectedText(
          "proxy_pass http://" + REGISTER + " in each location that leads to the register",
          passes.isEmpty()
              ? "none"
              : passes.stream()
                  .map(
                      pass ->
                          "proxy_pass %s on line %d"
                              .formatted(
                                  pass.directive().arguments().get(0),
                                  NginxDirective.lineOf(text, pass.directive().start())))
                  .collect(joining(", ")),
          "put the file back as it was before it was edited by hand, then retry");
    }
    Set<NginxDirective> locations = new HashSet<>();
    for (Place pass : http) {
      Optional<NginxDirective> location =
          pass.parent().filter(parent -> parent.name().equals("location"));
      if (location.isEmpty() || !locations.add(location.get())) {
        throw new UnexpectedText(
            "proxy_pass http://" + REGISTER + " once and directly in a location",
            "it on line %d, %s"
                .formatted(
                    NginxDirective.lineOf(text, pass.directive().start()),
                    location.isPresent()
                        ? "a second time"
                        : "in " + pass.parent().map(NginxDirective::name).orElse("no block")),
            "Host can only be set for a whole location: give these requests one of their own");
      }
    }
    return http;
  }

  private List<Place> passes() {
    return walk().stream()
        .filter(place -> place.directive().name().equals("proxy_pass"))
        .filter(place -> place.directive().arguments().size() == 1)
        .filter(place -> PASS.matcher(place.directive().arguments().get(0)).matches())
        .toList();
  }

  private static String schemeOf(Place pass) {
    return matched(pass).group(1);
  }

  private static Matcher matched(Place pass) {
    Matcher matcher = PASS.matcher(pass.directive().arguments().get(0));
    if (!matcher.matches()) {
      throw new IllegalArgumentException(pass.directive().toString());
    }
    return matcher;
  }

  /** The new lines of one location, and those of its old ones that would contradict them. */
  private void replacePass(Place pass, Map<NginxDirective, List<String>> replacements) {
    NginxDirective location = pass.parent().orElseThrow();
    String rest = matched(pass).group(2);
    List<String> lines = new ArrayList<>();
    lines.add("proxy_pass https://" + REGISTER + (rest == null ? "" : rest) + ";");
    Map<String, String> headers = new LinkedHashMap<>();
    for (NginxDirective header : location.children("proxy_set_header")) {
      if (setsHost(header) && !HOSTS_OF_CLIENT.contains(value(header))) {
        replacements.put(header, List.of());
      } else {
        headers.put(headerName(header), "");
      }
    }
    if (location.children("proxy_set_header").isEmpty()) {
      // A level that sets any header inherits none: what it inherited so far must be repeated.
      for (NginxDirective header : inheritedHeaders(pass)) {
        if (!setsHost(header) || HOSTS_OF_CLIENT.contains(value(header))) {
          headers.put(headerName(header), textOf(header));
        }
      }
    }
    for (String header : HEADERS) {
      headers.putIfAbsent(
          header.substring(0, header.indexOf(' ')).toLowerCase(Locale.ROOT),
          "proxy_set_header " + header + ";");
    }
    headers.values().stream().filter(header -> !header.isEmpty()).forEach(lines::add);
    TLS.keySet().stream()
        .sorted(Comparator.reverseOrder())
        .forEach(
            name -> {
              List<NginxDirective> existing = location.children(name);
              existing.stream()
                  .filter(directive -> !directive.arguments().equals(List.of(TLS.get(name))))
                  .forEach(directive -> replacements.put(directive, List.of()));
              if (existing.stream()
                  .noneMatch(directive -> directive.arguments().equals(List.of(TLS.get(name))))) {
                lines.add(name + " " + TLS.get(name) + ";");
              }
            });
    replacements.put(pass.directive(), lines);
  }

  private static List<NginxDirective> inheritedHeaders(Place pass) {
    for (int i = pass.parents().size() - 2; i >= 0; i--) {
      List<NginxDirective> headers = pass.parents().get(i).children("proxy_set_header");
      if (!headers.isEmpty()) {
        return headers;
      }
    }
    return List.of();
  }

  private static boolean setsHost(NginxDirective header) {
    return headerName(header).equals("host");
  }

  private static String headerName(NginxDirective header) {
    return header.arguments().isEmpty() ? "" : header.arguments().get(0).toLowerCase(Locale.ROOT);
  }

  private static String value(NginxDirective header) {
    return header.arguments().size() < 2 ? "" : header.arguments().get(1);
  }

  /**
   * Replaces directives line-wise: their old lines become comments, new ones stand below. What is
   * to stand above a directive comes before its line.
   */
  private String replace(
      Map<NginxDirective, List<String>> replacements, Map<NginxDirective, List<String>> above) {
    List<NginxDirective> replaced =
        replacements.keySet().stream()
            .sorted(Comparator.comparingInt(NginxDirective::start))
            .toList();
    List<NginxDirective> under =
        above.keySet().stream().sorted(Comparator.comparingInt(NginxDirective::start)).toList();
    StringBuilder edited = new StringBuilder();
    int at = 0;
    int next = 0;
    int nextUnder = 0;
    while (next < replaced.size() || nextUnder < under.size()) {
      int start =
          next < replaced.size() ? lineStart(replaced.get(next).start()) : Integer.MAX_VALUE;
      if (nextUnder < under.size() && lineStart(under.get(nextUnder).start()) <= start) {
        NginxDirective directive = under.get(nextUnder++);
        int line = lineStart(directive.start());
        String indent = text.substring(line, directive.start());
        edited.append(text, at, line);
        above
            .get(directive)
            .forEach(
                content ->
                    edited.append(LineMarks.added(indent + content, LineMarks.lineEnd(text))));
        at = line;
        continue;
      }
      int end = lineEnd(replaced.get(next).end());
      StringBuilder newText = new StringBuilder();
      int kept = start;
      while (next < replaced.size() && replaced.get(next).start() < end) {
        NginxDirective directive = replaced.get(next++);
        end = Math.max(end, lineEnd(directive.end()));
        newText.append(text, kept, directive.start());
        newText.append(String.join(separator(directive), replacements.get(directive)));
        kept = directive.end();
      }
      newText.append(text, kept, end);
      String oldLines = text.substring(start, end);
      edited.append(text, at, start).append(besides(oldLines, newText.toString()));
      at = end;
    }
    return edited.append(text, at, text.length()).toString();
  }

  /**
   * Old lines as comments with the new ones below, or above where the file ends without newline.
   */
  private String besides(String oldLines, String newText) {
    String lineEnd = LineMarks.lineEnd(text);
    String was = LineMarks.lines(oldLines).stream().map(LineMarks::was).collect(joining());
    String added =
        newText
            .lines()
            .filter(line -> !line.isBlank())
            .map(line -> LineMarks.added(line.stripTrailing(), lineEnd))
            .collect(joining());
    return oldLines.endsWith("\n") ? was + added : added + was;
  }

  /** A directive that has its line to itself is replaced by lines, another within its line. */
  private String separator(NginxDirective directive) {
    int start = lineStart(directive.start());
    String before = text.substring(start, directive.start());
    String behind = text.substring(directive.end(), lineEnd(directive.end())).strip();
    return before.isBlank() && (behind.isEmpty() || behind.startsWith("#")) ? "\n" + before : " ";
  }

  private int lineStart(int offset) {
    return text.lastIndexOf('\n', offset - 1) + 1;
  }

  private int lineEnd(int offset) {
    int newline = text.indexOf('\n', offset);
    return newline < 0 ? text.length() : newline + 1;
  }

  private static boolean isRegisterUpstream(NginxDirective directive) {
    return directive.block()
        && directive.name().equals("upstream")
        && directive.arguments().equals(List.of(REGISTER));
  }

  private EditedLine edited(Place place) {
    NginxDirective directive = place.directive();
    String names =
        place.parents().stream()
            .filter(parent -> parent.name().equals("server"))
            .flatMap(server -> server.children("server_name").stream())
            .flatMap(name -> name.arguments().stream())
            .collect(joining(" "));
    return new EditedLine(
        NginxDirective.lineOf(text, directive.start()),
        names,
        text.substring(directive.start(), directive.end()));
  }

  private String lineNumbers(List<Place> places) {
    return places.stream()
        .map(place -> String.valueOf(NginxDirective.lineOf(text, place.directive().start())))
        .collect(joining(", "));
  }

  private List<Place> walk() {
    List<Place> places = new ArrayList<>();
    walk(directives, List.of(), places);
    return places;
  }

  private static void walk(
      List<NginxDirective> directives, List<NginxDirective> parents, List<Place> into) {
    for (NginxDirective directive : directives) {
      Place place = new Place(directive, parents);
      into.add(place);
      walk(directive.children(), place.and(), into);
    }
  }

  /** A directive and the blocks around it, outermost first. */
  private record Place(NginxDirective directive, List<NginxDirective> parents) {

    Optional<NginxDirective> parent() {
      return parents.isEmpty() ? Optional.empty() : Optional.of(parents.get(parents.size() - 1));
    }

    List<NginxDirective> and() {
      List<NginxDirective> longer = new ArrayList<>(parents);
      longer.add(directive);
      return longer;
    }
  }

  /**
   * A line that will be edited.
   *
   * @param line its number, from 1
   * @param serverNames of the server block around it, empty for an upstream
   * @param directive as it stands there
   */
  public record EditedLine(int line, String serverNames, String directive) {}
}
