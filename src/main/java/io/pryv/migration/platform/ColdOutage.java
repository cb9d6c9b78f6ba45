package io.pryv.migration.platform;

import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/**
 * How long writes are expected to be refused in a cold window: of each part what this migration has
 * measured, where it has, and else what the part took in our own windows on the practice platform.
 *
 * @param loading dest's Redis reads the data that was brought
 * @param comparing both copies of the data are read for their checksums
 * @param sync the last one
 * @param syncMeasured whether {@code sync} was measured in this migration
 */
public record ColdOutage(
    Duration loading, Duration comparing, Duration sync, boolean syncMeasured) {

  /**
   * Writes are stopped, dest's Redis is started, source's nginx reads its new file: {@code
   * script/bench}.
   */
  private static final Duration STEPS = Duration.ofMillis(3_500);

  private static final Duration SYNC = Duration.ofMillis(500);

  /** Before anything is measured: it grows with the bytes as our own windows did. */
  public static ColdOutage assumed(long bytes) {
    return new ColdOutage(
        Duration.ofMillis(bytes / 50_000), Duration.ofMillis(bytes / 100_000), SYNC, false);
  }

  /**
   * With what was measured in this migration.
   *
   * @param lastRound how long the last round of rsync took
   */
  public ColdOutage with(Optional<Duration> lastRound) {
    return lastRound.map(took -> new ColdOutage(loading, comparing, took, true)).orElse(this);
  }

  public Duration total() {
    return loading.plus(comparing).plus(sync).plus(STEPS);
  }

  /** What it is made of, in words. */
  public String words() {
    return (syncMeasured
            ? "measured here: last sync as the last round " + seconds(sync) + "; "
            : "")
        + "as on the practice platform: %s %s, dest loads its data %s, checksums %s"
            .formatted(
                syncMeasured ? "steps" : "steps and last sync",
                seconds(syncMeasured ? STEPS : STEPS.plus(sync)),
                seconds(loading),
                seconds(comparing));
  }

  private static String seconds(Duration duration) {
    return String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1000.0);
  }
}
