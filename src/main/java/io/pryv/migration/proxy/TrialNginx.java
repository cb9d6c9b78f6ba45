package io.pryv.migration.proxy;

import io.pryv.migration.machine.NginxDirective;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Source's configuration, changed so that a second nginx can run by it in the same container for a
 * moment: it listens on one port of the loopback interface without TLS, has only the server blocks
 * that lead to the register, and writes no log of the platform's.
 */
final class TrialNginx {

  private static final Set<String> LEFT_OUT =
      Set.of(
          "daemon",
          "master_process",
          "worker_processes",
          "pid",
          "lock_file",
          "error_log",
          "access_log",
          "listen",
          "ssl",
          "http2");

  private static final Set<String> OTHER_PROTOCOLS = Set.of("stream", "mail");

  private TrialNginx() {}

  /**
   * What dest said.
   *
   * @param statuses of HTTP, by host name; 0 where nothing came
   * @param errors of the trial nginx's log
   */
  record Said(Map<String, Integer> statuses, String errors) {

    static Said parse(String output) {
      Map<String, Integer> statuses = new LinkedHashMap<>();
      StringBuilder errors = new StringBuilder();
      for (String line : output.lines().toList()) {
        List<String> words = List.of(line.split(" ", -1));
        if (words.get(0).equals("asked") && words.size() == 3) {
          statuses.put(
              words.get(1), words.get(2).matches("[0-9]{3}") ? Integer.parseInt(words.get(2)) : 0);
        } else {
          errors.append(line).append('\n');
        }
      }
      return new Said(statuses, errors.toString().strip());
    }
  }

  /**
   * The configuration of the trial.
   *
   * @param files name to text, the main file first
   * @param directory where it keeps its own files
   */
  static Map<String, String> of(Map<String, String> files, String directory, int port) {
    String main = files.keySet().iterator().next();
    return files.entrySet().stream()
        .collect(
            Collectors.toMap(
                Map.Entry::getKey,
                file -> {
                  String text = changed(file.getValue(), port);
                  return file.getKey().equals(main)
                      ? "daemon on; worker_processes 1; pid %1$s/pid; error_log %1$s/errors;%n"
                              .formatted(directory)
                          + text
                      : text;
                },
                (one, other) -> one,
                LinkedHashMap::new));
  }

  private static String changed(String text, int port) {
    // Its clients come without TLS, and dest is told what it will be told of those who come with.
    String content =
        text.replaceAll("\\$scheme\\b|\\$\\{scheme\\}", "\\$register_migration_scheme");
    String inServer =
        " listen 127.0.0.1:%d; access_log off; set $register_migration_scheme https;"
            .formatted(port);
    StringBuilder changed = new StringBuilder();
    int at = 0;
    for (Change change : changes(NginxDirective.parse(content), content, inServer)) {
      changed.append(content, at, change.start()).append(change.text());
      at = change.end();
    }
    return changed.append(content, at, content.length()).toString();
  }

  /** What stands between two offsets becomes another text. */
  private record Change(int start, int end, String text) {}

  private static List<Change> changes(
      List<NginxDirective> directives, String content, String inServer) {
    List<Change> changes = new ArrayList<>();
    for (NginxDirective directive : directives) {
      boolean server = directive.block() && directive.name().equals("server");
      if (isLeftOut(directive) || (server && !leadsToRegister(directive))) {
        changes.add(new Change(directive.start(), directive.end(), ""));
        continue;
      }
      if (server) {
        int inside = content.indexOf('{', directive.start()) + 1;
        changes.add(new Change(inside, inside, inServer));
      }
      changes.addAll(changes(directive.children(), content, inServer));
    }
    return changes;
  }

  private static boolean isLeftOut(NginxDirective directive) {
    return directive.block()
        ? OTHER_PROTOCOLS.contains(directive.name())
        : LEFT_OUT.contains(directive.name());
  }

  private static boolean leadsToRegister(NginxDirective directive) {
    return (directive.name().equals("proxy_pass")
            && directive.arguments().stream()
                .anyMatch(target -> target.startsWith("https://" + NginxSite.REGISTER)))
        || directive.children().stream().anyMatch(TrialNginx::leadsToRegister);
  }
}
