package io.pryv.migration.security;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** The spellings by which one path has been smuggled past another's filter somewhere. */
final class PathTricks {

  /** What is put behind a segment. */
  private static final List<String> BEHIND =
      List.of(
          ";x",
          ";x=y",
          ";",
          ";jsessionid=1",
          "%3Bx",
          "%3bx=y",
          "%253Bx",
          ".",
          "%2e",
          "%20",
          "+",
          "%00",
          "%09",
          "%0a",
          "%0d%0a",
          "%23",
          "%3f",
          "\t",
          "..",
          "~",
          ".json",
          "/.",
          "/%2e",
          "/x/..",
          "/x/%2e%2e",
          "/x/.%2e",
          "/x/..;",
          "/x/..;y",
          "/..;/%s",
          "/%%252e%%252e/%s",
          "%u002e");

  /** What takes the place of the slash before a segment. */
  private static final List<String> SLASHES =
      List.of(
          "//",
          "///",
          "/./",
          "/.//",
          "/;/",
          "/;x/",
          "/%2e/",
          "%2f",
          "%2F",
          "%252f",
          "/%2f",
          "\\",
          "/\\",
          "%5c",
          "/%5c",
          "%255c",
          "%c0%af",
          "%e0%80%af",
          "%u2215",
          "/%00/",
          "/..;/",
          "/%3b/");

  private PathTricks() {}

  /** The path itself and each of its spellings. */
  static Set<String> of(String path) {
    List<String> segments = List.of(path.substring(1).split("/", -1));
    Set<String> all = new LinkedHashSet<>();
    all.add(path);
    for (int at = 0; at < segments.size(); at++) {
      String segment = segments.get(at);
      String before = at == 0 ? "" : "/" + String.join("/", segments.subList(0, at));
      String after =
          at == segments.size() - 1
              ? ""
              : "/" + String.join("/", segments.subList(at + 1, segments.size()));
      for (String trick : BEHIND) {
        all.add(before + "/" + segment + trick.replace("%%", "%").replace("%s", segment) + after);
      }
      for (String slash : SLASHES) {
        all.add(before + slash + segment + after);
      }
      if (!segment.isEmpty()) {
        String first = segment.substring(0, 1);
        String rest = segment.substring(1);
        String hex = "%02x".formatted((int) segment.charAt(0));
        all.add(before + "/" + segment.toUpperCase(Locale.ROOT) + after);
        all.add(before + "/" + first.toUpperCase(Locale.ROOT) + rest + after);
        all.add(before + "/%" + hex + rest + after);
        all.add(before + "/%25" + hex + rest + after);
        all.add(before + "/%c1%" + "%02x".formatted(segment.charAt(0) | 0x80) + rest + after);
      }
    }
    for (String tail :
        List.of("/", "//", "/.", "/..;/x", "?x", ";a/../x", "/;", "%3f.css", ";.css")) {
      all.add(path + tail);
    }
    for (String head :
        List.of(
            "/login/..",
            "/login/..;",
            "/login;/..",
            "/login.css/..;",
            "/actuator/health/..;/..",
            "/actuator/health/%2e%2e/%2e%2e",
            "/favicon.ico/..",
            "/.",
            "/;",
            "/%2e",
            "/x/..",
            "http://127.0.0.1",
            "http://evil.example",
            "//127.0.0.1",
            "https://127.0.0.1/login/..")) {
      all.add(head + path);
    }
    return all;
  }
}
