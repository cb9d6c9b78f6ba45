package io.pryv.migration.platform;

/**
 * Something an operator must know, in the five parts every message of ours has: which machine,
 * which command or file, what was expected, what was found, and what to do next.
 */
public class StepFailure extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final String about;
  private final String expected;
  private final String found;
  private final String next;

  public StepFailure(
      String machine, String about, String expected, String found, String next, Throwable cause) {
    super(
        "%s: %s%n  expected: %s%n  found: %s%n  next: %s"
            .formatted(machine, about, expected, found, next),
        cause);
    this.about = about;
    this.expected = expected;
    this.found = found;
    this.next = next;
  }

  public StepFailure(String machine, String about, String expected, String found, String next) {
    this(machine, about, expected, found, next, null);
  }

  /** The command or file it is about. */
  public String about() {
    return about;
  }

  public String expected() {
    return expected;
  }

  public String found() {
    return found;
  }

  /** What the operator should do. */
  public String next() {
    return next;
  }
}
