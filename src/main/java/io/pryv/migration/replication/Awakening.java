package io.pryv.migration.replication;

import io.pryv.migration.replication.Replica.Seen;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * When a replica may take writes so that its register and dns can start: from the second silent
 * look on, since what only lost its Redis for a moment comes back by itself, and not for longer
 * than they need. Each look judges anew from what it sees, so that a restart of this program
 * forgets nothing but the time.
 */
final class Awakening {

  /** A million users take 100 s to be looked at at the start. */
  static final Duration LONGEST = Duration.ofMinutes(5);

  /** What did not start in that time is tried again later. */
  static final Duration PAUSE = Duration.ofMinutes(10);

  /**
   * Register and dns listen before their first write: those that crash for ever answer for a moment
   * each time. What was silent is well once it has answered for so long.
   */
  static final Duration STEADY = Duration.ofSeconds(5);

  private final Clock clock;
  private boolean unsteady;
  private boolean dnsWasSilent;
  private Instant answeringSince;
  private boolean silentBefore;
  private Instant openSince;
  private Instant notBefore = Instant.EPOCH;

  Awakening(Clock clock) {
    this.clock = clock;
  }

  /** What may be done with the replica now. */
  enum Move {
    NONE,
    OPEN,
    START_AGAIN,
    CLOSE
  }

  /**
   * What a look comes to.
   *
   * @param trouble for the operator; empty when all is well
   */
  record Judgement(Move move, Optional<String> trouble) {}

  /** Judges one look. */
  synchronized Judgement judge(Replica replica, Seen seen) {
    boolean steady = isSteady(seen);
    Optional<String> trouble =
        dnsWasSilent ? Optional.of(replica.machine() + "'s DNS does not answer") : Optional.empty();
    if (!seen.open()) {
      openSince = null;
    }
    if (seen.bothAnswer() && !steady) {
      return new Judgement(Move.NONE, trouble);
    }
    if (seen.bothAnswer()) {
      silentBefore = false;
      return new Judgement(seen.open() ? Move.CLOSE : Move.NONE, trouble);
    }
    return seen.open() ? opened(replica, trouble) : silent(replica, seen, trouble);
  }

  /** Whether both have answered at the last look, and for long enough if they had been silent. */
  synchronized boolean settled() {
    return !unsteady && answeringSince != null;
  }

  private boolean isSteady(Seen seen) {
    if (!seen.bothAnswer()) {
      unsteady = true;
      dnsWasSilent |= !seen.dnsAnswers();
      answeringSince = null;
      return false;
    }
    Instant now = clock.instant();
    if (answeringSince == null) {
      answeringSince = now;
    }
    if (unsteady && now.isBefore(answeringSince.plus(STEADY))) {
      return false;
    }
    unsteady = false;
    dnsWasSilent = false;
    return true;
  }

  private Judgement opened(Replica replica, Optional<String> trouble) {
    Instant now = clock.instant();
    if (openSince == null) {
      openSince = now;
    }
    Optional<String> objection = replica.objection();
    if (objection.isPresent()) {
      return new Judgement(Move.CLOSE, told(trouble, objection.get()));
    }
    if (now.isAfter(openSince.plus(LONGEST))) {
      notBefore = now.plus(PAUSE);
      return new Judgement(Move.CLOSE, told(trouble, gaveUp(replica)));
    }
    return new Judgement(Move.START_AGAIN, trouble);
  }

  private Judgement silent(Replica replica, Seen seen, Optional<String> trouble) {
    if (clock.instant().isBefore(notBefore)) {
      return new Judgement(Move.NONE, told(trouble, gaveUp(replica)));
    }
    if (!seen.follows() || !silentBefore) {
      silentBefore = seen.follows();
      return new Judgement(Move.NONE, trouble);
    }
    Optional<String> objection = replica.objection();
    return objection.isPresent()
        ? new Judgement(
            Move.NONE,
            told(
                trouble,
                objection.get()
                    + ". So its Redis is not let take the writes with which its register and dns"
                    + " start: correct that, or stop its nginx for the moment, which gives clients who"
                    + " are still led there no answer, and set `slave-read-only no` on its Redis"
                    + " (`redis-cli CONFIG SET` in its container) until DNS answers, then `yes`"
                    + " again"))
        : new Judgement(Move.OPEN, trouble);
  }

  private static String gaveUp(Replica replica) {
    return "%s's register or dns does not start, although its Redis took writes for %d minutes: see their logs (`docker logs`)"
        .formatted(replica.machine(), LONGEST.toMinutes());
  }

  private static Optional<String> told(Optional<String> trouble, String more) {
    return Optional.of(trouble.map(text -> text + ": ").orElse("") + more);
  }
}
