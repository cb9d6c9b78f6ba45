package io.pryv.migration.process;

import java.util.Optional;

/**
 * What must stay true while source follows dest, between the steps; looked at every few seconds.
 */
public interface StandingWatch {

  /**
   * Looks once, and mends what it can.
   *
   * @return what is wrong, worded for the operator; empty when all is well
   */
  Optional<String> look(StepContext step);
}
