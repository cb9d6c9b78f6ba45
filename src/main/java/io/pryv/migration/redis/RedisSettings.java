package io.pryv.migration.redis;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Settings as a redis.conf holds them. */
public final class RedisSettings {

  private RedisSettings() {}

  /**
   * The value of a setting as Redis would take it from the file: names in any case, old and new
   * ones ({@code slaveof}, {@code replicaof}) alike, the last line counts.
   */
  public static Optional<String> find(String text, String name) {
    Optional<String> value = Optional.empty();
    for (String line : text.split("\n", -1)) {
      List<String> words = words(line);
      if (!words.isEmpty() && today(words.get(0)).equals(today(name))) {
        value = Optional.of(String.join(" ", words.subList(1, words.size())));
      }
    }
    return value;
  }

  /** Whether a line says anything to Redis. */
  static boolean says(String line) {
    return !words(line).isEmpty();
  }

  /** The master that a file makes its Redis follow; {@code replicaof no one} makes it none. */
  public static Optional<String> master(String text) {
    return find(text, "replicaof").filter(value -> !value.equalsIgnoreCase("no one"));
  }

  /** Redis 5.0 renamed everything with "slave" in its name and takes both. */
  static String today(String name) {
    return name.toLowerCase(Locale.ROOT).replace("slave", "replica");
  }

  /** A line's words as Redis splits them (sdssplitargs), quotes removed; none for a comment. */
  private static List<String> words(String line) {
    List<String> words = new ArrayList<>();
    String rest = line.strip();
    if (rest.startsWith("#")) {
      return words;
    }
    while (!rest.isEmpty()) {
      char quote = rest.charAt(0);
      int end = 0;
      if (quote == '"' || quote == '\'') {
        end = 1;
        while (end < rest.length() && rest.charAt(end) != quote) {
          end += rest.charAt(end) == '\\' ? 2 : 1;
        }
        end = Math.min(end, rest.length());
        words.add(rest.substring(1, end));
        end = Math.min(end + 1, rest.length());
      } else {
        while (end < rest.length() && !Character.isWhitespace(rest.charAt(end))) {
          end++;
        }
        words.add(rest.substring(0, end));
      }
      rest = rest.substring(end).strip();
    }
    return words;
  }
}
