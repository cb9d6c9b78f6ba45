package io.pryv.migration.platform;

/**
 * Something an operator must know, in the five parts every message of ours has: which machine,
 * which command or file, what was expected, what was found, and what to do next.
 */
public class StepFailure extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public StepFailure(
      String machine, String about, String expected, String found, String next, Throwable cause) {
    super(
        "%s: %s%n  expected: %s%n  found: %s%n  next: %s"
            .formatted(machine, about, expected, found, next),
        cause);
  }

  public StepFailure(String machine, String about, String expected, String found, String next) {
    this(machine, about, expected, found, next, null);
  }
}
