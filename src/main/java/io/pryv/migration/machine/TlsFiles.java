package io.pryv.migration.machine;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * A certificate that nginx is told to use, and its key, as paths on the host; the key's content
 * never leaves the machine.
 */
public record TlsFiles(String certificate, String key) {

  /** Those that nginx's files name. */
  public static List<TlsFiles> named(List<String> nginxFiles, String confDirectory) {
    Set<TlsFiles> files = new LinkedHashSet<>();
    for (String text : nginxFiles) {
      try {
        collect(NginxDirective.parse(text), confDirectory, files);
      } catch (UnexpectedText notNginx) {
        // The check of the site file says so; other files may not be nginx's at all.
      }
    }
    return List.copyOf(files);
  }

  private static void collect(
      List<NginxDirective> level, String confDirectory, Set<TlsFiles> files) {
    List<String> certificates = arguments(level, "ssl_certificate");
    List<String> keys = arguments(level, "ssl_certificate_key");
    for (int i = 0; i < Math.min(certificates.size(), keys.size()); i++) {
      files.add(
          new TlsFiles(
              onHost(certificates.get(i), confDirectory), onHost(keys.get(i), confDirectory)));
    }
    level.forEach(directive -> collect(directive.children(), confDirectory, files));
  }

  private static List<String> arguments(List<NginxDirective> level, String name) {
    return level.stream()
        .filter(directive -> directive.name().equals(name))
        .flatMap(directive -> directive.arguments().stream().limit(1))
        .toList();
  }

  private static String onHost(String path, String confDirectory) {
    String relative = path.startsWith("/app/conf/") ? path.substring("/app/conf/".length()) : path;
    return relative.startsWith("/") ? relative : confDirectory + "/" + relative;
  }
}
