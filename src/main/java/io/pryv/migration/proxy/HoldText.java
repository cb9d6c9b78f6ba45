package io.pryv.migration.proxy;

import io.pryv.migration.machine.RegistrationHold;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What holding the requests that create a user consists of, in nginx's words. They are led to
 * sockets on which nobody accepts: the kernel keeps them there. Once that is over, each goes where
 * two files say, which nginx looks for by every request, so that no reload is needed: {@code
 * moved}, to the new writer, and {@code fenced}, behind which the old one's register would leave
 * the user half created.
 *
 * @param directory of the sockets and files, as nginx sees it
 * @param longest how long a request waits before it is answered with 503
 */
public record HoldText(String directory, Duration longest) {

  private static final String PREFIX = "register_migration_";
  private static final String CREATES = "$" + PREFIX + "creates";

  /** When a client that was refused shall come back, in seconds. */
  private static final int RETRY_AFTER = 5;

  /** That of a migration; empty where nothing is to wait. */
  static Optional<HoldText> of(String migration, Duration longest) {
    return longest.isZero()
        ? Optional.empty()
        : Optional.of(new HoldText(RegistrationHold.directory(migration), longest));
  }

  /** For the location itself, above what passes on to the register. */
  List<String> inLocation(int location) {
    return List.of(
        "recursive_error_pages on;",
        "open_file_cache off;",
        "if (-f " + directory + "/moved) {",
        "  error_page 418 = " + moved(location) + ";",
        "  return 418;",
        "}",
        "if (" + CREATES + ") {",
        "  error_page 418 = " + held(location) + ";",
        "  return 418;",
        "}");
  }

  /** Directives that {@link #inLocation} sets, so that a location must not have them. */
  static Set<String> settings() {
    return Set.of("recursive_error_pages", "open_file_cache");
  }

  /** The variable that tells what creates a user, in every register, and the sockets. */
  List<String> variables() {
    List<String> lines = new ArrayList<>();
    lines.add("map \"$request_method $uri\" " + CREATES + " {");
    lines.add("  default \"\";");
    lines.add("  \"~*^POST .*/users?/?$\" 1;");
    lines.add("}");
    lines.add("upstream " + PREFIX + "hold {");
    for (int i = 0; i < RegistrationHold.SOCKETS; i++) {
      lines.add("  server unix:" + directory + "/" + i + " max_fails=0;");
    }
    lines.add("}");
    return lines;
  }

  /**
   * The named locations beside it.
   *
   * @param onSource what passes on to source's register
   * @param onDest what passes on to dest
   */
  List<String> locations(int location, List<String> onSource, List<String> onDest) {
    String seconds = longest.toSeconds() + "s;";
    List<String> lines = new ArrayList<>();
    lines.add("location " + held(location) + " {");
    lines.add("  recursive_error_pages on;");
    lines.add("  open_file_cache off;");
    lines.add("  error_page 502 503 504 = " + after(location) + ";");
    lines.add("  if (!-f " + directory + "/pid) {");
    lines.add("    return 502;");
    lines.add("  }");
    lines.add("  proxy_connect_timeout " + seconds);
    lines.add("  proxy_read_timeout " + seconds);
    // A full queue, and nothing else, leads to the next one.
    lines.add("  proxy_next_upstream error;");
    lines.add("  proxy_pass http://" + PREFIX + "hold;");
    lines.add("}");
    lines.add("location " + after(location) + " {");
    lines.add("  recursive_error_pages on;");
    lines.add("  open_file_cache off;");
    lines.add("  error_page 418 = " + moved(location) + ";");
    lines.add("  error_page 419 = " + source(location) + ";");
    lines.add("  add_header Retry-After " + RETRY_AFTER + " always;");
    lines.add("  if (-f " + directory + "/moved) {");
    lines.add("    return 418;");
    lines.add("  }");
    lines.add("  if (-f " + directory + "/fenced) {");
    lines.add("    return 503;");
    lines.add("  }");
    lines.add("  return 419;");
    lines.add("}");
    block(lines, source(location), onSource);
    block(lines, moved(location), onDest);
    return lines;
  }

  private static void block(List<String> lines, String name, List<String> content) {
    lines.add("location " + name + " {");
    content.forEach(line -> lines.add("  " + line));
    lines.add("}");
  }

  /**
   * What an nginx without workers is started with, in the same container: it listens, and accepts
   * nothing. Its end lets all requests go on that wait.
   *
   * @param queue how many each socket may keep
   */
  public String configuration(int queue) {
    StringBuilder text = new StringBuilder();
    text.append(
        """
        user root;
        daemon off;
        worker_processes 0;
        pid %1$s/pid;
        error_log %1$s/error.log;
        events { worker_connections 16; }
        http {
          access_log off;
          client_body_temp_path %1$s/b; proxy_temp_path %1$s/p; fastcgi_temp_path %1$s/f;
          uwsgi_temp_path %1$s/u; scgi_temp_path %1$s/s;
          server {
        """
            .formatted(directory));
    for (int i = 0; i < RegistrationHold.SOCKETS; i++) {
      text.append("    listen unix:%s/%d backlog=%d;%n".formatted(directory, i, queue));
    }
    return text.append("  }\n}\n").toString();
  }

  private static String moved(int location) {
    return "@" + PREFIX + "moved_" + location;
  }

  private static String held(int location) {
    return "@" + PREFIX + "held_" + location;
  }

  private static String after(int location) {
    return "@" + PREFIX + "after_" + location;
  }

  private static String source(int location) {
    return "@" + PREFIX + "source_" + location;
  }
}
