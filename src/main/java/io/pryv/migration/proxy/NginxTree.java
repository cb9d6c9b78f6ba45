package io.pryv.migration.proxy;

import io.pryv.migration.machine.NginxContainer;
import io.pryv.migration.machine.NginxDirective;
import io.pryv.migration.platform.Layout;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The configuration that nginx has read, file by file, as {@code nginx -T} dumps it (nginx 1.9.2
 * and newer). It can be laid out anew with another text for one file, so that {@code nginx -t}
 * tests that text where nginx runs, without the file itself being touched.
 *
 * @param files path inside the container to text; the first is the main file
 */
record NginxTree(Map<String, String> files) {

  private static final Pattern HEADER = Pattern.compile("(?m)^# configuration file (/.*):$\n");

  static NginxTree parse(String dump) {
    Map<String, String> files = new LinkedHashMap<>();
    Matcher header = HEADER.matcher(dump);
    List<int[]> starts = new ArrayList<>();
    List<String> names = new ArrayList<>();
    while (header.find()) {
      starts.add(new int[] {header.start(), header.end()});
      names.add(header.group(1));
    }
    for (int i = 0; i < names.size(); i++) {
      int end = i + 1 < names.size() ? starts.get(i + 1)[0] : dump.length();
      files.putIfAbsent(names.get(i), dump.substring(starts.get(i)[1], end));
    }
    return new NginxTree(files);
  }

  /** The site file, as a part of what nginx says it works by, as far as it says anything. */
  static NginxSite siteOf(Layout layout, String text, String dump) {
    NginxTree tree = parse(dump);
    String path = NginxContainer.inside(layout, layout.nginxSiteFile());
    return tree.reads(path) ? NginxSite.parse(text, tree, path) : NginxSite.parse(text);
  }

  /** Whether nginx reads that file. */
  boolean reads(String path) {
    return files.containsKey(path);
  }

  /** The directory that relative paths begin in (nginx: conf_prefix). */
  String directory() {
    return parent(files.keySet().iterator().next());
  }

  /** The files that an include stands for, in the order in which nginx has read them. */
  List<String> included(NginxDirective include) {
    String pattern = String.join(" ", include.arguments());
    String absolute = absolute(pattern);
    return files.keySet().stream().filter(path -> matches(absolute, path)).toList();
  }

  /**
   * A block of one of the files.
   *
   * @param text of the whole file, into which the directive's offsets lead
   */
  record Block(String text, NginxDirective directive) {}

  /** The blocks in which a file is included, outermost first; empty for the main file. */
  List<Block> around(String path) {
    String main = files.keySet().iterator().next();
    return around(path, main, NginxDirective.parse(files.get(main)), List.of(), new HashSet<>())
        .orElse(List.of());
  }

  private Optional<List<Block>> around(
      String path,
      String file,
      List<NginxDirective> directives,
      List<Block> outer,
      Set<String> seen) {
    if (file.equals(path)) {
      return Optional.of(outer);
    }
    for (NginxDirective directive : directives) {
      Optional<List<Block>> found = Optional.empty();
      if (directive.block()) {
        List<Block> inner = new ArrayList<>(outer);
        inner.add(new Block(files.get(file), directive));
        found = around(path, file, directive.children(), inner, seen);
      } else if (directive.name().equals("include")) {
        for (String included : included(directive)) {
          if (found.isEmpty() && seen.add(included)) {
            found = around(path, included, NginxDirective.parse(files.get(included)), outer, seen);
          }
        }
      }
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  /**
   * How many connections its workers may have open in all; as many as one of them, where their
   * number depends on the machine.
   */
  int connections() {
    return number("worker_processes", 1) * number("worker_connections", 512);
  }

  private int number(String name, int byDefault) {
    return files.values().stream()
        .flatMap(text -> named(NginxDirective.parse(text), name).stream())
        .map(directive -> directive.arguments().get(0))
        .filter(argument -> argument.matches("[1-9][0-9]{0,5}"))
        .map(Integer::valueOf)
        .findFirst()
        .orElse(byDefault);
  }

  /**
   * The files as they would stand in another directory, with {@code text} for one of them: names
   * there to texts, the main file first. Includes lead to the new places; certificates and the like
   * keep theirs.
   */
  Map<String, String> laidOut(String directory, String path, String text) {
    List<String> paths = List.copyOf(files.keySet());
    Map<String, String> laidOut = new LinkedHashMap<>();
    for (int i = 0; i < paths.size(); i++) {
      String content = paths.get(i).equals(path) ? text : files.get(paths.get(i));
      laidOut.put(name(directory, i), redirected(content, directory, paths));
    }
    return laidOut;
  }

  private String redirected(String content, String directory, List<String> paths) {
    StringBuilder redirected = new StringBuilder();
    int at = 0;
    for (NginxDirective include : named(NginxDirective.parse(content), "include")) {
      List<String> included = included(include);
      redirected.append(content, at, include.start());
      redirected.append(
          IntStream.range(0, paths.size())
              .filter(i -> included.contains(paths.get(i)))
              .mapToObj(i -> "include " + name(directory, i) + ";")
              .collect(Collectors.joining(" ")));
      at = include.end();
    }
    return redirected.append(content, at, content.length()).toString();
  }

  private static List<NginxDirective> named(List<NginxDirective> directives, String name) {
    List<NginxDirective> named = new ArrayList<>();
    for (NginxDirective directive : directives) {
      if (directive.name().equals(name)) {
        named.add(directive);
      }
      named.addAll(named(directive.children(), name));
    }
    return named;
  }

  private String absolute(String pattern) {
    return pattern.startsWith("/") ? pattern : directory() + "/" + pattern;
  }

  /** As glob(7), which nginx uses: a star does not cross a slash. */
  private static boolean matches(String pattern, String path) {
    return pattern.equals(path)
        || FileSystems.getDefault().getPathMatcher("glob:" + pattern).matches(Path.of(path));
  }

  private static String name(String directory, int index) {
    return directory + "/" + index + ".conf";
  }

  private static String parent(String path) {
    return path.substring(0, path.lastIndexOf('/'));
  }
}
