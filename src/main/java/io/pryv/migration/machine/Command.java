package io.pryv.migration.machine;

import java.time.Duration;

/**
 * A bash script to run on a machine. Values in it are quoted with {@link Quote}; it never holds a
 * secret, since it stands in the journal and in the machine's process list.
 *
 * @param purpose what it is for, in the operator's words; shown in the report
 * @param script bash, run with {@code set -eu} not implied
 * @param input what it reads on its standard input, as UTF-8; bytes travel as Base64
 * @param deadline how long it may take
 * @param changes whether it changes anything on the machine; such a command is journalled before it
 *     runs
 */
public record Command(
    String purpose, String script, String input, Duration deadline, boolean changes) {

  private static final Duration DEFAULT_DEADLINE = Duration.ofSeconds(30);

  /** A command that only reads. */
  public static Command look(String purpose, String script) {
    return new Command(purpose, script, "", DEFAULT_DEADLINE, false);
  }

  /** A command that changes something; it must be safe to run again. */
  public static Command change(String purpose, String script) {
    return new Command(purpose, script, "", DEFAULT_DEADLINE, true);
  }

  public Command within(Duration newDeadline) {
    return new Command(purpose, script, input, newDeadline, changes);
  }

  public Command withInput(String newInput) {
    return new Command(purpose, script, newInput, deadline, changes);
  }
}
