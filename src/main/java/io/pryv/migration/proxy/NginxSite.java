package io.pryv.migration.proxy;

import static java.util.stream.Collectors.joining;

import io.pryv.migration.machine.LineMarks;
import io.pryv.migration.machine.NginxDirective;
import io.pryv.migration.machine.ServerIdentity;
import io.pryv.migration.machine.UnexpectedText;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Source's nginx site file, and the edit that makes it pass the register's requests on to dest
 * (procedure, "Set NGINX proxying"; field guide, 3.1). Every byte that need not change is kept.
 */
public final class NginxSite {

  /** The upstream of the register's API. */
  public static final String REGISTER = "register_server";

  /** Of the variables, those whose value begins with a slash: they say nothing of the upstream. */
  private static final Pattern PASS =
      Pattern.compile(
          "(https?)://"
              + REGISTER
              + "(/.*|(?:\\$(?:request_uri|uri|document_uri)\\b|\\$\\{(?:request_uri|uri|document_uri)\\}).*)?");

  /** nginx finds an upstream whatever the case of its letters. */
  private static final Pattern NAME = named(REGISTER);

  /** Directives in which a name leads no request anywhere. */
  private static final Set<String> LEAD_NOWHERE =
      Set.of(
          "add_header",
          "proxy_set_header",
          "proxy_ssl_name",
          "proxy_redirect",
          "server_name",
          "location",
          "listen",
          "log_format",
          "access_log",
          "error_log",
          "return",
          "zone");

  private static final Pattern VARIABLE = Pattern.compile("\\$\\w+|\\$\\{\\w+\\}");

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

  /** How many certificates may stand between dest's and its authority's. */
  private static final String LONGEST_CHAIN = "9";

  /**
   * How long dest may take for what it is asked again: a dest whose Redis has died would let its
   * register wait for it, and the client with it.
   */
  private static final Map<String, String> PATIENCE =
      new TreeMap<>(Map.of("proxy_connect_timeout", "2s", "proxy_read_timeout", "4s"));

  private static final Set<String> HOSTS_OF_CLIENT = Set.of("$host", "$http_host");

  private final String text;
  private final Optional<NginxTree> tree;
  private final String path;
  private final List<NginxDirective> directives;

  private NginxSite(String text, Optional<NginxTree> tree, String path) {
    this.text = text;
    this.tree = tree;
    this.path = path;
    this.directives = NginxDirective.parse(text);
  }

  /**
   * Reads a site file of which the rest of nginx's configuration is not known: an edit is refused
   * where it would depend on a file that is included.
   *
   * @throws UnexpectedText when nginx could not read it either
   */
  public static NginxSite parse(String text) {
    return new NginxSite(text, Optional.empty(), "");
  }

  /**
   * Reads a site file as a part of the configuration that nginx works by.
   *
   * @param path of the file, as nginx sees it
   * @throws UnexpectedText when nginx could not read it either
   */
  static NginxSite parse(String text, NginxTree tree, String path) {
    return new NginxSite(text, Optional.of(tree), path);
  }

  private NginxSite original() {
    return new NginxSite(undo(text), tree, path);
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
        && passes.stream().allMatch(pass -> schemeOf(pass).equals("https"))
        && original().otherRoads().isEmpty();
  }

  /**
   * Makes dest choose certificate and server block by the client's own host name, and nginx tell
   * dest from whoever else may have its address: registrations carry passwords.
   */
  private static Map<String, String> tls(String destAddress) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("proxy_ssl_server_name", "on");
    settings.put("proxy_ssl_name", "$host");
    settings.put("proxy_ssl_verify", "on");
    settings.put("proxy_ssl_verify_depth", LONGEST_CHAIN);
    settings.put("proxy_ssl_trusted_certificate", ServerIdentity.fileInside(destAddress));
    return settings;
  }

  /**
   * The host names under which clients reach the register, a name of the domain for a wildcard.
   *
   * @param domain of the platform
   */
  Set<String> hostNames(String domain) {
    Set<String> hosts = new LinkedHashSet<>();
    for (Place pass : passes()) {
      for (NginxDirective name : serverOf(pass).children("server_name")) {
        for (String host : name.arguments()) {
          if (host.matches("[\\w-]+(\\.[\\w-]+)+")) {
            hosts.add(host);
          }
        }
      }
    }
    return hosts.isEmpty() ? Set.of("reg." + domain) : hosts;
  }

  /** The lines that {@link #proxyTo} will edit, in order, with the server block they stand in. */
  public List<EditedLine> linesToEdit() {
    NginxSite original = original();
    List<EditedLine> lines = new ArrayList<>();
    lines.add(original.edited(original.registerServer()));
    original.registerPasses().forEach(pass -> lines.add(original.edited(pass)));
    lines.sort(Comparator.comparingInt(EditedLine::line));
    return List.copyOf(lines);
  }

  /**
   * The file with the register's requests passed on to dest: the server of {@code register_server}
   * and each {@code proxy_pass http://register_server} commented out in place, the new ones beside
   * them, with Host header and SNI, and dest's certificate verified. Other upstreams ({@code
   * mail_server}, …) are left alone. An earlier edit of ours is replaced; asking again changes
   * nothing.
   *
   * @param destAddress IPv4 address of dest
   * @throws UnexpectedText when the lines to edit are not found as expected
   */
  public String proxyTo(String destAddress) {
    NginxSite original = original();
    Map<NginxDirective, List<String>> replacements = new HashMap<>();
    replacements.put(
        original.registerServer().directive(), List.of("server " + destAddress + ":443;"));
    original
        .registerPasses()
        .forEach(pass -> original.replacePass(pass, destAddress, replacements));
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
    return untilMoved(destAddress, Optional.of(failures), Optional.empty());
  }

  /**
   * As {@link #retryOn}, and requests that create a user wait before a core is called, while there
   * is somebody to hold them; each then goes on where {@link HoldText} says.
   *
   * @param failures empty where nothing is to be asked of dest again
   * @param hold empty where nothing is to wait
   */
  public String untilMoved(String destAddress, Optional<String> failures, Optional<HoldText> hold) {
    if (failures.isEmpty() && hold.isEmpty()) {
      return text;
    }
    NginxSite original = original();
    NginxDirective upstream = original.registerServer().parent().orElseThrow();
    Map<NginxDirective, List<String>> replacements = new HashMap<>();
    Map<NginxDirective, List<String>> above = new HashMap<>();
    Map<NginxDirective, Integer> perServer = new HashMap<>();
    for (Place pass : original.registerPasses()) {
      original.refuseUnfitForRetry(pass);
      if (hold.isPresent()) {
        original.refuseUnfitForHold(pass, upstream);
      }
      NginxDirective location = pass.parent().orElseThrow();
      int number = perServer.merge(serverOf(pass), 1, Integer::sum);
      List<String> passing = new ArrayList<>();
      passing.add(original.textOf(pass.directive()));
      List<String> locations = new ArrayList<>();
      if (failures.isPresent()) {
        passing.add("proxy_intercept_errors on;");
        passing.add("error_page 500 = " + RetryText.after500(number) + ";");
        passing.add("error_page 502 503 504 = " + RetryText.afterOther(number) + ";");
        locations.add("location " + RetryText.onDest(number) + " {");
        original.linesOnDest(pass, destAddress, PATIENCE).forEach(l -> locations.add("  " + l));
        locations.add("}");
        if (number == 1) {
          locations.addAll(RetryText.refusals(failures.get()));
        }
      }
      List<String> inLocation = new ArrayList<>();
      if (hold.isPresent()) {
        inLocation.addAll(hold.get().inLocation(number));
        locations.addAll(
            hold.get()
                .locations(
                    number,
                    original.linesOnSource(pass, passing),
                    original.linesOnDest(pass, destAddress, Map.of())));
      }
      inLocation.addAll(passing);
      replacements.put(pass.directive(), inLocation);
      above.put(location, locations);
    }
    List<String> variables = new ArrayList<>();
    if (failures.isPresent()) {
      variables.addAll(
          RetryText.variables(perServer.values().stream().mapToInt(n -> n).max().orElseThrow()));
    }
    hold.map(HoldText::variables).ifPresent(variables::addAll);
    above.put(upstream, variables);
    return original.edit(replacements, above);
  }

  /** The block around a pass's location. */
  private static NginxDirective serverOf(Place pass) {
    return pass.parents().get(Math.max(0, pass.parents().size() - 2));
  }

  /** The port at which source's register is reached. */
  int registerPort() {
    String server = original().registerServer().directive().arguments().get(0);
    Matcher port = Pattern.compile(".*:(\\d+)").matcher(server);
    return port.matches() ? Integer.parseInt(port.group(1)) : 80;
  }

  /** What would make a request wait that must not, or go on that must wait. */
  private void refuseUnfitForHold(Place pass, NginxDirective upstream) {
    NginxDirective location = pass.parent().orElseThrow();
    for (String setting : HoldText.settings()) {
      if (named(level(location), setting).findAny().isPresent()) {
        throw unfit(location, "no " + setting + " in the location", "one");
      }
    }
    if (!upstream.children("keepalive").isEmpty()) {
      throw unfit(
          location,
          "a connection to the register for each request, so that it is seen when all are answered",
          "keepalive in upstream " + REGISTER);
    }
  }

  /** What would make the retry do something else than it says. */
  private void refuseUnfitForRetry(Place pass) {
    NginxDirective location = pass.parent().orElseThrow();
    if (!serverOf(pass).name().equals("server")) {
      throw unfit(location, "a location directly in its server block", "another");
    }
    if (matched(pass).group(2) != null) {
      throw unfit(
          location, "proxy_pass without a path", textOf(pass.directive()).replaceAll("\\s+", " "));
    }
    for (NginxDirective child : level(location).stream().map(Setting::directive).toList()) {
      if (child.block() || List.of("error_page", "proxy_intercept_errors").contains(child.name())) {
        throw unfit(location, "no " + child.name() + " in the location", "one");
      }
    }
    for (NginxDirective around : pass.parents()) {
      if (named(level(around), "proxy_request_buffering")
          .anyMatch(setting -> setting.directive().arguments().equals(List.of("off")))) {
        throw unfit(location, "request bodies kept for a retry", "proxy_request_buffering off");
      }
    }
  }

  private UnexpectedText unfit(NginxDirective location, String expected, String found) {
    return new UnexpectedText(
        expected,
        "%s, at the location on line %d"
            .formatted(found, NginxDirective.lineOf(text, location.start())),
        "set retryOnDest: false and holdWrites: 0s in the platform file: the few writes that meet the"
            + " switch are then refused instead of being asked again on dest, and a user who is being"
            + " created then may be left half created");
  }

  /** What the location on dest's side holds: all that this one does, with dest for the register. */
  private List<String> linesOnDest(Place pass, String destAddress, Map<String, String> patience) {
    Map<NginxDirective, List<String>> changed = new HashMap<>();
    replacePass(pass, destAddress, changed);
    NginxDirective location = pass.parent().orElseThrow();
    List<String> lines = new ArrayList<>();
    for (NginxDirective child : location.children()) {
      if (child.equals(pass.directive())) {
        lines.add("proxy_pass https://" + destAddress + ":443;");
        lines.addAll(changed.get(child).subList(1, changed.get(child).size()));
        patience.forEach(
            (name, time) -> {
              if (named(level(location), name).allMatch(Setting::own)) {
                lines.add(name + " " + time + ";");
              }
            });
      } else if (!changed.containsKey(child) && !patience.containsKey(child.name())) {
        lines.add(textOf(child).replaceAll("\\s*\\R\\s*", " "));
      }
    }
    return lines;
  }

  /** What the location holds, for requests that were led away from it first. */
  private List<String> linesOnSource(Place pass, List<String> passing) {
    List<String> lines = new ArrayList<>();
    lines.add("recursive_error_pages on;");
    for (NginxDirective child : pass.parent().orElseThrow().children()) {
      if (child.equals(pass.directive())) {
        lines.addAll(passing);
      } else {
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
    refuseOtherRoads();
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

  private void refuseOtherRoads() {
    List<String> roads = otherRoads();
    if (!roads.isEmpty()) {
      throw new UnexpectedText(
          "no other road to the register than proxy_pass http://"
              + REGISTER
              + " directly in locations of this file",
          String.join("; ", roads),
          "requests would take that road past the edit, and be lost: write proxy_pass http://"
              + REGISTER
              + " there, in this file, or name another upstream, then retry");
    }
  }

  /** Where the upstream, or the register itself, is named in something that is not edited. */
  private List<String> otherRoads() {
    Set<NginxDirective> known = new HashSet<>();
    passes().forEach(pass -> known.add(pass.directive()));
    Set<Pattern> names = new LinkedHashSet<>(List.of(NAME));
    for (Place place : walk()) {
      if (isRegisterUpstream(place.directive())) {
        known.add(place.directive());
        for (NginxDirective server : place.directive().children("server")) {
          known.add(server);
          server.arguments().stream()
              .limit(1)
              .filter(address -> address.contains(":"))
              .forEach(address -> names.add(named(address)));
        }
      }
    }
    List<String> roads = new ArrayList<>(roads(directives, text, "", names, known));
    tree.ifPresent(
        all ->
            all.files()
                .forEach(
                    (file, content) -> {
                      if (!file.equals(path)) {
                        roads.addAll(
                            roads(
                                NginxDirective.parse(content),
                                content,
                                " of " + file,
                                names,
                                Set.of()));
                      }
                    }));
    return roads;
  }

  private static List<String> roads(
      List<NginxDirective> directives,
      String text,
      String file,
      Set<Pattern> names,
      Set<NginxDirective> known) {
    List<Place> places = new ArrayList<>();
    walk(directives, List.of(), places);
    return places.stream()
        .filter(place -> !known.contains(place.directive()))
        .filter(place -> names(place, names) || mayChooseRegister(place))
        .map(
            place ->
                "%s %s on line %d%s"
                    .formatted(
                        place.directive().name(),
                        String.join(" ", place.directive().arguments()),
                        NginxDirective.lineOf(text, place.directive().start()),
                        file))
        .toList();
  }

  private static Pattern named(String name) {
    return Pattern.compile("(?i)(?<![\\w.-])" + Pattern.quote(name) + "(?![\\w.-])");
  }

  private static boolean names(Place place, Set<Pattern> names) {
    NginxDirective directive = place.directive();
    return !LEAD_NOWHERE.contains(directive.name())
        && Stream.concat(Stream.of(directive.name()), directive.arguments().stream())
            .anyMatch(word -> names.stream().anyMatch(name -> name.matcher(word).find()));
  }

  private static boolean mayChooseRegister(Place place) {
    boolean chooses =
        place.directive().name().endsWith("_pass")
            || place.directive().name().equals("set")
            || place.parent().filter(parent -> parent.name().equals("map")).isPresent();
    return chooses && place.directive().arguments().stream().anyMatch(NginxSite::mayBecomeName);
  }

  /** Whether a text with variables could be the upstream's name, such as {@code ${part}_server}. */
  private static boolean mayBecomeName(String word) {
    String host = word.replaceFirst("^(?i)[a-z]+://", "").replaceFirst("[/?:].*", "");
    List<String> parts = List.of(VARIABLE.split(host, -1));
    return parts.size() > 1
        && parts.stream().anyMatch(part -> !part.isEmpty())
        && Pattern.compile(
                parts.stream().map(Pattern::quote).collect(joining(".*")), Pattern.CASE_INSENSITIVE)
            .matcher(REGISTER)
            .matches();
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
  private void replacePass(
      Place pass, String destAddress, Map<NginxDirective, List<String>> replacements) {
    NginxDirective location = pass.parent().orElseThrow();
    String rest = matched(pass).group(2);
    List<String> lines = new ArrayList<>();
    lines.add("proxy_pass https://" + REGISTER + (rest == null ? "" : rest) + ";");
    List<Setting> settings = level(location);
    Map<String, String> headers = new LinkedHashMap<>();
    for (Setting header : headers(settings)) {
      if (setsHost(header) && !keepsHost(header)) {
        replacements.put(ownOrRefused(header, "Host $host"), List.of());
      } else {
        headers.put(headerName(header), "");
      }
    }
    if (headers(settings).isEmpty()) {
      // A level that sets any header inherits none: what it inherited so far must be repeated.
      for (Setting header : inheritedHeaders(pass)) {
        if (!setsHost(header) || keepsHost(header)) {
          headers.put(headerName(header), header.text());
        }
      }
    }
    for (String header : HEADERS) {
      headers.putIfAbsent(
          header.substring(0, header.indexOf(' ')).toLowerCase(Locale.ROOT),
          "proxy_set_header " + header + ";");
    }
    headers.values().stream().filter(header -> !header.isEmpty()).forEach(lines::add);
    tls(destAddress)
        .forEach(
            (name, value) -> {
              boolean there = false;
              for (Setting existing : named(settings, name).toList()) {
                if (existing.directive().arguments().equals(List.of(value))) {
                  there = true;
                } else {
                  replacements.put(ownOrRefused(existing, value), List.of());
                }
              }
              if (!there) {
                lines.add(name + " " + value + ";");
              }
            });
    replacements.put(pass.directive(), lines);
  }

  /** The headers of the innermost block around the location that sets any. */
  private List<Setting> inheritedHeaders(Place pass) {
    for (int i = pass.parents().size() - 2; i >= 0; i--) {
      List<Setting> headers = headers(level(pass.parents().get(i)));
      if (!headers.isEmpty()) {
        return headers;
      }
    }
    List<NginxTree.Block> around = tree.map(all -> all.around(path)).orElse(List.of());
    for (int i = around.size() - 1; i >= 0; i--) {
      NginxTree.Block block = around.get(i);
      List<Setting> headers =
          headers(level(block.directive(), block.directive().children(), block.text(), path));
      if (!headers.isEmpty()) {
        return headers;
      }
    }
    return List.of();
  }

  private List<Setting> level(NginxDirective block) {
    return level(block, block.children(), text, "");
  }

  /** The directives of a block, with those of the files that it includes. */
  private List<Setting> level(
      NginxDirective block, List<NginxDirective> children, String content, String file) {
    List<Setting> settings = new ArrayList<>();
    for (NginxDirective child : children) {
      if (!child.name().equals("include")) {
        settings.add(new Setting(child, content.substring(child.start(), child.end()), file));
      } else if (tree.isPresent()) {
        for (String included : tree.get().included(child)) {
          String inner = tree.get().files().get(included);
          settings.addAll(level(block, NginxDirective.parse(inner), inner, included));
        }
      } else if (!block.name().equals("http")) {
        throw new UnexpectedText(
            "included files that can be read, for what they set holds for the register's location",
            "include %s on line %d, and no word of nginx what stands in it"
                .formatted(
                    String.join(" ", child.arguments()),
                    NginxDirective.lineOf(content, child.start())),
            "see that nginx runs and answers `nginx -T` (1.9.2 or newer) in its container, then"
                + " retry");
      }
    }
    return settings;
  }

  private static Stream<Setting> named(List<Setting> settings, String name) {
    return settings.stream().filter(setting -> setting.directive().name().equals(name));
  }

  private static List<Setting> headers(List<Setting> settings) {
    return named(settings, "proxy_set_header").toList();
  }

  private static NginxDirective ownOrRefused(Setting setting, String needed) {
    if (!setting.own()) {
      throw new UnexpectedText(
          needed + ", or nothing of the kind, in the files that the register's location includes",
          setting.text().replaceAll("\\s+", " ") + " in " + setting.file(),
          "put that line into the location itself, where it can be replaced, or correct it, then"
              + " retry");
    }
    return setting.directive();
  }

  private static boolean setsHost(Setting header) {
    return headerName(header).equals("host");
  }

  private static boolean keepsHost(Setting header) {
    List<String> arguments = header.directive().arguments();
    return arguments.size() > 1 && HOSTS_OF_CLIENT.contains(arguments.get(1));
  }

  private static String headerName(Setting header) {
    List<String> arguments = header.directive().arguments();
    return arguments.isEmpty() ? "" : arguments.get(0).toLowerCase(Locale.ROOT);
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

  /**
   * A directive that holds at some level.
   *
   * @param text as it stands in its file
   * @param file that it stands in, empty for the site file
   */
  private record Setting(NginxDirective directive, String text, String file) {

    boolean own() {
      return file.isEmpty();
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
