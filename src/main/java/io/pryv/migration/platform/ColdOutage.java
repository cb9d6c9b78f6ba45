package io.pryv.migration.platform;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * How long writes are expected to be refused in a cold window: of each part what this migration has
 * measured, where it has, and else what the part took in our own windows on the practice platform.
 *
 * @param reading dest's register and dns read every user when they start
 * @param comparing both copies of the data are read for their checksums
 * @param sync the last one
 * @param start of dest's services, until they answer with no user to read
 */
public record ColdOutage(Duration reading, Duration comparing, Part sync, Part start) {

  /** Writes are stopped, source's nginx reads its new file, and this program's own steps. */
  private static final Duration STEPS = Duration.ofMillis(1_500);

  private static final Duration SYNC = Duration.ofMillis(500);
  private static final Duration START = Duration.ofMillis(2_200);

  /**
   * A part of it.
   *
   * @param measured on what; empty when it is assumed
   */
  public record Part(Duration takes, String measured) {

    private static Part assumed(Duration takes) {
      return new Part(takes, "");
    }

    private Part or(Optional<Duration> better, String measured) {
      return better.map(takes -> new Part(takes, measured)).orElse(this);
    }
  }

  /** Before anything is measured: it grows with users and bytes as our own windows did. */
  public static ColdOutage assumed(long users, long bytes) {
    return new ColdOutage(
        Duration.ofMillis(users / 10),
        Duration.ofMillis(bytes / 100_000),
        Part.assumed(SYNC),
        Part.assumed(START));
  }

  /**
   * With what was measured in this migration.
   *
   * @param lastRound how long the last round of rsync took
   * @param destStart how long dest took from its launch to its last sign of life
   */
  public ColdOutage with(Optional<Duration> lastRound, Optional<Duration> destStart) {
    return new ColdOutage(
        reading,
        comparing,
        sync.or(lastRound, "last sync as the last round"),
        start.or(destStart, "dest starts as at its launch"));
  }

  public Duration total() {
    return reading.plus(comparing).plus(sync.takes()).plus(start.takes()).plus(STEPS);
  }

  /** What it is made of, in words. */
  public String words() {
    List<Part> parts = List.of(sync, start);
    String measured =
        parts.stream()
            .filter(part -> !part.measured().isEmpty())
            .map(part -> part.measured() + " " + seconds(part.takes()))
            .collect(Collectors.joining(", "));
    Duration assumed =
        parts.stream()
            .filter(part -> part.measured().isEmpty())
            .map(Part::takes)
            .reduce(STEPS, Duration::plus);
    return (measured.isEmpty() ? "" : "measured here: " + measured + "; ")
        + "as on the practice platform: services %s, dest reads its users %s, checksums %s"
            .formatted(seconds(assumed), seconds(reading), seconds(comparing));
  }

  private static String seconds(Duration duration) {
    return String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1000.0);
  }
}
