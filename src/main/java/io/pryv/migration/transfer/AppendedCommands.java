package io.pryv.migration.transfer;

import io.pryv.migration.machine.Quote;
import java.util.Locale;
import java.util.Set;

/**
 * What stands in source's AOF behind the part that dest's copy has, as its commands' names; Redis
 * writes each as an array of bulk strings (<a
 * href="https://redis.io/docs/latest/develop/reference/protocol-spec/">RESP</a>).
 */
final class AppendedCommands {

  /** Size and SHA-256 of {@code $file}. */
  static final String WHOLE =
      "printf '%s %s\\n' \"$(stat -c %s -- \"$file\")\" \"$(sha256sum <\"$file\" | cut -d' ' -f1)\"\n";

  private static final String OTHER = "other";

  private static final Set<String> DELETIONS = Set.of("select", "del", "unlink", "multi", "exec");

  private AppendedCommands() {}

  /** Names the commands behind as many bytes of {@code $file}, if those have that SHA-256. */
  static String behind(long bytes, String sha256) {
    return """
        bytes=%d
        sum=$(head -c "$bytes" -- "$file" | sha256sum | cut -d' ' -f1)
        [ "$sum" = %s ] || { echo %s; exit 0; }
        tail -c "+$((bytes + 1))" -- "$file" | LC_ALL=C awk '
          { sub(/\\r$/, "") }
          /^#/ && !left { next }
          /^\\*[0-9]+$/ && !left { left = 2 * substr($0, 2); line = 0; next }
          left { left--; if (++line == 2) print $0; next }
          { print "%s" }'
        """
        .formatted(bytes, Quote.sh(sha256), OTHER, OTHER);
  }

  /** Whether the names are those of commands by which a fenced Redis lets keys expire. */
  static boolean onlyDeletions(String names) {
    return !names.isBlank()
        && names
            .lines()
            .map(name -> name.strip().toLowerCase(Locale.ROOT))
            .allMatch(DELETIONS::contains);
  }
}
