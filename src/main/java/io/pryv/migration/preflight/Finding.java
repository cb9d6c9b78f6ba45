package io.pryv.migration.preflight;

import io.pryv.migration.platform.StepFailure;

/**
 * What one check found.
 *
 * @param machine the machine's name, or {@code platform} when it is about more than one
 * @param check what was looked at: a command, a file, a property
 * @param expected what should be there
 * @param found what is there
 * @param next what the operator should do; empty for a pass
 */
public record Finding(
    Level level, String machine, String check, String expected, String found, String next) {

  /** How serious a finding is. */
  public enum Level {
    /** As it should be. */
    PASS,
    /** The migration can go on; the operator should know. */
    WARN,
    /** The migration ends before anything is touched. */
    STOP
  }

  static Finding pass(String machine, String check, String found) {
    return new Finding(Level.PASS, machine, check, "", found, "");
  }

  static Finding warn(String machine, String check, String expected, String found, String next) {
    return new Finding(Level.WARN, machine, check, expected, found, next);
  }

  static Finding stop(String machine, String check, String expected, String found, String next) {
    return new Finding(Level.STOP, machine, check, expected, found, next);
  }

  /** A stop that comes from an error met while looking. */
  static Finding stop(String machine, String check, RuntimeException error) {
    return error instanceof StepFailure failure
        ? stop(
            machine,
            check + ": " + failure.about(),
            failure.expected(),
            failure.found(),
            failure.next())
        : stop(
            machine,
            check,
            "an answer that can be understood",
            error.toString(),
            "see the application's log, then check again");
  }
}
