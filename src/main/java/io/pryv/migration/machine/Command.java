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
 * @param root whether all of the script needs root: it then runs by sudo where we log in as another
 *     user
 */
public record Command(
    String purpose, String script, String input, Duration deadline, boolean changes, boolean root) {

  private static final Duration DEFAULT_DEADLINE = Duration.ofSeconds(30);

  /** A command that only reads. */
  public static Command look(String purpose, String script) {
    return new Command(purpose, script, "", DEFAULT_DEADLINE, /* changes= */ false, false);
  }

  /** A command that changes something; it must be safe to run again. */
  public static Command change(String purpose, String script) {
    return new Command(purpose, script, "", DEFAULT_DEADLINE, /* changes= */ true, false);
  }

  public Command within(Duration newDeadline) {
    return new Command(purpose, script, input, newDeadline, changes, root);
  }

  public Command withInput(String newInput) {
    return new Command(purpose, script, newInput, deadline, changes, root);
  }

  /** The same with another script, which needs what that one needed. */
  public Command withScript(String newScript) {
    return new Command(purpose, newScript, input, deadline, changes, root);
  }

  /** The same, run by root as a whole. What only in part needs root calls {@code as_root}. */
  public Command asRoot() {
    return new Command(purpose, script, input, deadline, changes, /* root= */ true);
  }

  /** The same as the machine is told it, behind a guard, which is the user's own. */
  Command behind(String guard) {
    return new Command(
        purpose,
        guard + (root ? AsRoot.whole(script) : script),
        input,
        deadline,
        changes,
        /* root= */ false);
  }
}
