package io.pryv.migration.platform;

import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Durations and sizes as operators write them. */
final class Amount {

  static final String DURATION = "a duration such as 90s, 15m, 24h, 2d or PT24H";
  static final String SIZE = "a size such as 4096, 500KB, 10MB or 2GB (KB = 1024 bytes)";

  private static final Pattern SIMPLE = Pattern.compile("([0-9]{1,9})\\s?(ms|s|m|h|d)");
  private static final Pattern BYTES = Pattern.compile("([0-9]{1,12})\\s?(B|KB|MB|GB)?");
  private static final Map<String, Long> UNITS =
      Map.of("B", 1L, "KB", 1L << 10, "MB", 1L << 20, "GB", 1L << 30);

  private Amount() {}

  static Optional<Duration> duration(String text) {
    var simple = SIMPLE.matcher(text);
    if (simple.matches()) {
      long number = Long.parseLong(simple.group(1));
      return Optional.of(
          switch (simple.group(2)) {
            case "ms" -> Duration.ofMillis(number);
            case "s" -> Duration.ofSeconds(number);
            case "m" -> Duration.ofMinutes(number);
            case "h" -> Duration.ofHours(number);
            default -> Duration.ofDays(number);
          });
    }
    try {
      return Optional.of(Duration.parse(text));
    } catch (DateTimeParseException notIso) {
      return Optional.empty();
    }
  }

  static Optional<Long> bytes(String text) {
    var parts = BYTES.matcher(text.toUpperCase(Locale.ROOT));
    if (!parts.matches()) {
      return Optional.empty();
    }
    long unit = UNITS.get(parts.group(2) == null ? "B" : parts.group(2));
    long number = Long.parseLong(parts.group(1));
    return number > Long.MAX_VALUE / unit ? Optional.empty() : Optional.of(number * unit);
  }
}
