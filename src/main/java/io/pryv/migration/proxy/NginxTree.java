package io.pryv.migration.proxy;

import io.pryv.migration.machine.NginxDirective;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

  /** Whether nginx reads that file. */
  boolean reads(String path) {
    return files.containsKey(path);
  }

  /**
   * The files as they would stand in another directory, with {@code text} for one of them: names
   * there to texts, the main file first. Includes lead to the new places; certificates and the like
   * keep theirs.
   */
  Map<String, String> laidOut(String directory, String path, String text) {
    List<String> paths = List.copyOf(files.keySet());
    String base = parent(paths.get(0));
    Map<String, String> laidOut = new LinkedHashMap<>();
    for (int i = 0; i < paths.size(); i++) {
      String content = paths.get(i).equals(path) ? text : files.get(paths.get(i));
      laidOut.put(name(directory, i), redirected(content, base, directory, paths));
    }
    return laidOut;
  }

  private static String redirected(
      String content, String base, String directory, List<String> paths) {
    StringBuilder redirected = new StringBuilder();
    int at = 0;
    for (NginxDirective include : includes(NginxDirective.parse(content))) {
      String pattern = String.join(" ", include.arguments());
      String absolute = pattern.startsWith("/") ? pattern : base + "/" + pattern;
      redirected.append(content, at, include.start());
      redirected.append(
          IntStream.range(0, paths.size())
              .filter(i -> matches(absolute, paths.get(i)))
              .mapToObj(i -> "include " + name(directory, i) + ";")
              .collect(Collectors.joining(" ")));
      at = include.end();
    }
    return redirected.append(content, at, content.length()).toString();
  }

  private static List<NginxDirective> includes(List<NginxDirective> directives) {
    List<NginxDirective> includes = new ArrayList<>();
    for (NginxDirective directive : directives) {
      if (directive.name().equals("include")) {
        includes.add(directive);
      }
      includes.addAll(includes(directive.children()));
    }
    return includes;
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
