package io.pryv.migration.process;

import java.util.List;
import java.util.function.Supplier;

/**
 * What must stay true while one register follows the other, between the steps; looked at every few
 * seconds.
 */
public interface StandingWatch {

  /** Looks once and changes nothing. */
  Finding look(StepContext step, Following following);

  /**
   * What one look found.
   *
   * @param troubles what is wrong, worded for the operator; empty when all is well
   * @param remedies what may be done about it now, in this order; each gives what it did, empty
   *     when there was nothing to do any more, or throws a {@code StepFailure} that tells why it
   *     can not be done
   */
  record Finding(List<String> troubles, List<Supplier<String>> remedies) {

    /** All is well, or nothing can be done but tell. */
    public static Finding of(List<String> troubles) {
      return new Finding(troubles, List.of());
    }
  }
}
