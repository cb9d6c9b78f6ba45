package io.pryv.migration.replication;

import io.pryv.migration.platform.StepFailure;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for a condition. */
final class Wait {

  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(100);

  private Wait() {}

  /** Looks at least once, then again and again until the condition holds or time is up. */
  static boolean until(Duration patience, BooleanSupplier condition) {
    long deadline = System.nanoTime() + patience.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadline >= 0 || Thread.currentThread().isInterrupted()) {
        return false;
      }
      LockSupport.parkNanos(BETWEEN_LOOKS.toNanos());
    }
    return true;
  }

  /**
   * Like {@link #until}; a server that does not answer, or answers with an error while it loads its
   * data, counts as a condition that does not hold yet.
   *
   * @throws StepFailure the last one, when time is up and there was no answer
   */
  static boolean untilAnswered(Duration patience, BooleanSupplier condition) {
    StepFailure[] last = new StepFailure[1];
    boolean held =
        until(
            patience,
            () -> {
              try {
                last[0] = null;
                return condition.getAsBoolean();
              } catch (StepFailure notYet) {
                last[0] = notYet;
                return false;
              }
            });
    if (last[0] != null) {
      throw last[0];
    }
    return held;
  }
}
