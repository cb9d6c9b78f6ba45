package io.pryv.migration.security;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Slows down an address that guesses passwords: after a few wrong ones each further try from it,
 * the right one too, is looked at only after a wait. No other address notices, no account is ever
 * locked, and the wait is forgotten by and by.
 */
final class Pace {

  /** Wrong tries that a person may make without noticing anything. */
  private static final int FREE = 3;

  private static final int MOST_REMEMBERED = 9;
  private static final Duration FIRST_WAIT = Duration.ofMillis(200);
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);
  private static final Duration FORGETS_ONE_EACH = Duration.ofSeconds(20);

  /** Tries that may wait at once: of one address, and in all; more are not looked at. */
  private static final int WAITING_PER_ADDRESS = 4;

  private static final int WAITING = 32;
  private static final int ADDRESSES = 10_000;

  private final Clock clock;
  private final Map<String, Source> sources = new HashMap<>();
  private int waiting;

  Pace(Clock clock) {
    this.clock = clock;
  }

  /** What is known of an address: how many wrong tries, as of when, and who waits. */
  private static final class Source {
    private double wrong;
    private Instant asOf;
    private int waiting;

    Source(Instant asOf) {
      this.asOf = asOf;
    }

    double wrongAt(Instant now) {
      double forgotten =
          (double) Duration.between(asOf, now).toMillis() / FORGETS_ONE_EACH.toMillis();
      wrong = Math.max(0, wrong - Math.max(0, forgotten));
      asOf = now;
      return wrong;
    }
  }

  /** How long a try from this address has to wait now. */
  synchronized Duration waitOf(String address) {
    Source source = sources.get(address);
    if (source == null) {
      return Duration.ZERO;
    }
    int beyond = (int) Math.ceil(source.wrongAt(clock.instant())) - FREE;
    if (beyond <= 0) {
      return Duration.ZERO;
    }
    Duration wait = FIRST_WAIT.multipliedBy(1L << (beyond - 1));
    return wait.compareTo(LONGEST_WAIT) < 0 ? wait : LONGEST_WAIT;
  }

  /**
   * Waits as long as this address has to.
   *
   * @return whether the try is to be looked at: not when too many from there wait already
   */
  boolean await(String address) {
    Duration wait = waitOf(address);
    if (wait.isZero()) {
      return true;
    }
    if (!begins(address)) {
      return false;
    }
    try {
      TimeUnit.MILLISECONDS.sleep(wait.toMillis());
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      ends(address);
    }
  }

  private synchronized boolean begins(String address) {
    Source source = source(address);
    if (source.waiting >= WAITING_PER_ADDRESS || waiting >= WAITING) {
      return false;
    }
    source.waiting++;
    waiting++;
    return true;
  }

  private synchronized void ends(String address) {
    source(address).waiting--;
    waiting--;
  }

  /** A wrong password came from there. */
  synchronized void wrong(String address) {
    Source source = source(address);
    source.wrong = Math.min(MOST_REMEMBERED, source.wrongAt(clock.instant()) + 1);
  }

  /** How many addresses are remembered. */
  synchronized int known() {
    return sources.size();
  }

  private Source source(String address) {
    if (sources.size() >= ADDRESSES && !sources.containsKey(address)) {
      Instant now = clock.instant();
      sources.values().removeIf(each -> each.waiting == 0 && each.wrongAt(now) < 1);
      // Whoever has that many addresses is not slowed down by any of them.
      if (sources.size() >= ADDRESSES) {
        sources.values().removeIf(each -> each.waiting == 0);
      }
    }
    return sources.computeIfAbsent(address, any -> new Source(clock.instant()));
  }
}
