package io.pryv.migration.replication;

import io.pryv.migration.platform.StepFailure;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * When the lines that let tunnels in are looked at, so that none ends while somebody follows
 * through it: sshd asks for the end at each login, and a tunnel logs in again after any break.
 */
final class KeyRenewals {

  /** Not at once: the step that began to follow has just made the line. */
  private static final Duration FIRST = Duration.ofMinutes(10);

  private static final Duration BETWEEN = Duration.ofHours(6);
  private static final Duration AFTER_REFUSAL = Duration.ofMinutes(5);

  private final Clock clock;
  private final Map<String, Instant> due = new ConcurrentHashMap<>();
  private final Map<String, String> refusals = new ConcurrentHashMap<>();

  KeyRenewals(Clock clock) {
    this.clock = clock;
  }

  /** Why a line could not be renewed, as long as that is so. */
  Optional<String> trouble(String tunnel) {
    return Optional.ofNullable(refusals.get(tunnel))
        .map(
            why ->
                "the line that lets the tunnel's key in can not be renewed before it ends: " + why);
  }

  /**
   * What is to be done now, if it is time.
   *
   * @param tunnel names it
   * @param words what was done, for the operator, where a line had to be written anew
   * @param renew whether it had to be
   */
  Optional<Supplier<String>> due(String tunnel, String words, BooleanSupplier renew) {
    Instant when = due.computeIfAbsent(tunnel, unseen -> clock.instant().plus(FIRST));
    return clock.instant().isBefore(when)
        ? Optional.empty()
        : Optional.of(() -> renew(tunnel, words, renew));
  }

  private String renew(String tunnel, String words, BooleanSupplier renew) {
    try {
      boolean anew = renew.getAsBoolean();
      refusals.remove(tunnel);
      due.put(tunnel, clock.instant().plus(BETWEEN));
      return anew ? words : "";
    } catch (StepFailure refused) {
      refusals.put(tunnel, String.valueOf(refused.getMessage()));
      due.put(tunnel, clock.instant().plus(AFTER_REFUSAL));
      throw refused;
    }
  }
}
