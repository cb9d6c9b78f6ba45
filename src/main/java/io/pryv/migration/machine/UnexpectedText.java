package io.pryv.migration.machine;

import io.pryv.migration.platform.StepFailure;

/**
 * A file does not hold what an edit of ours expects to find in it exactly once; it was not touched.
 * Functions over texts throw it, since they know neither machine nor file; {@link #in} adds both.
 */
public class UnexpectedText extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final String expected;
  private final String found;
  private final String next;

  public UnexpectedText(String expected, String found, String next) {
    super("expected: %s; found: %s; next: %s".formatted(expected, found, next));
    this.expected = expected;
    this.found = found;
    this.next = next;
  }

  public String expected() {
    return expected;
  }

  public String found() {
    return found;
  }

  public String next() {
    return next;
  }

  /** The same, as the operator is told it. */
  public StepFailure in(String machine, String file) {
    return new StepFailure(machine, file, expected, found, next, this);
  }
}
