package io.pryv.lab.faults;

import java.time.Instant;

/**
 * A machine has lost its power.
 *
 * @param cell at which step, and which machine's
 * @param machine that lost it
 * @param begun when its step began to be done, or was held
 * @param asked when the cut was asked for
 * @param at when the disk took nothing more
 */
record PowerCut(Cell cell, String machine, Instant begun, Instant asked, Instant at) {}
