package io.pryv.lab.traffic;

import java.time.Duration;
import java.time.Instant;

/**
 * What became of one probe.
 *
 * @param scheduled when it was due, which is what counts, however late it left
 * @param kind right, wrong or none
 * @param reason what was bad about it, in a word or two; empty when nothing was
 * @param latency from the time it was due to its answer
 */
record Probe(Instant scheduled, Kind kind, String reason, Duration latency) {

  /** How a probe can end; a wrong answer is worse than none. */
  enum Kind {
    RIGHT,
    WRONG,
    ERROR
  }

  boolean bad() {
    return kind != Kind.RIGHT;
  }
}
