package io.pryv.migration.proxy;

import java.util.ArrayList;
import java.util.List;

/**
 * What the retry of requests on dest consists of, in nginx's words. Which location a failed request
 * is led to depends on its method, by variables: {@code error_page} takes them, even for the name
 * of a named location, and no {@code if} is needed in the platform's own locations.
 */
final class RetryText {

  private static final String PREFIX = "register_migration_";

  private RetryText() {}

  /** The variable that names where a request goes that was answered with 500. */
  static String after500(int location) {
    return "$" + PREFIX + "after_500_" + location;
  }

  /** The variable that names where a request goes that was answered with 502, 503 or 504. */
  static String afterOther(int location) {
    return "$" + PREFIX + "after_5xx_" + location;
  }

  /** The named location that asks dest. */
  static String onDest(int location) {
    return "@" + PREFIX + "dest_" + location;
  }

  /**
   * The variables, for as many locations of one server block, and the log's format.
   *
   * <p>The user's name is taken from the body, JSON or form, and nothing else of it: a password is
   * in there, too.
   */
  static List<String> variables(int locations) {
    List<String> lines = new ArrayList<>();
    for (int i = 1; i <= locations; i++) {
      lines.add("map \"$request_method $uri\" " + after500(i) + " {");
      lines.add("  default " + onDest(i) + ";");
      lines.add("  \"~*^POST .*/user/?$\" @" + PREFIX + "500;");
      lines.add("}");
      lines.add("map $request_method " + afterOther(i) + " {");
      lines.add("  default @" + PREFIX + "502;");
      lines.add("  GET " + onDest(i) + ";");
      lines.add("  HEAD " + onDest(i) + ";");
      lines.add("}");
    }
    lines.add("map $request_body $" + PREFIX + "user {");
    lines.add("  default -;");
    lines.add("  '~\"username\"\\s*:\\s*\"(?<" + PREFIX + "json>[\\w.-]+)\"' $" + PREFIX + "json;");
    lines.add("  '~(^|&)username=(?<" + PREFIX + "form>[\\w.-]+)' $" + PREFIX + "form;");
    lines.add("}");
    lines.add(
        "log_format "
            + PREFIX
            + "failures '$msec $remote_addr $request_method $uri $status $"
            + PREFIX
            + "user';");
    return lines;
  }

  /** The named locations of one server block in which a request ends that is not asked again. */
  static List<String> refusals(String failures) {
    List<String> lines = new ArrayList<>();
    for (int code : List.of(500, 502)) {
      lines.add("location @" + PREFIX + code + " {");
      lines.add("  access_log " + failures + " " + PREFIX + "failures;");
      // A line is written when the request ends, and that is now, not when the client has gone.
      lines.add("  lingering_close off;");
      lines.add("  return " + code + ";");
      lines.add("}");
    }
    return lines;
  }
}
