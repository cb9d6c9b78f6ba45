package io.pryv.migration.machine;

import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.StepFailure;
import java.net.Socket;
import java.time.Duration;

/** Writes every changing command into the journal before it runs, and its outcome after. */
final class JournalledShell implements Shell {

  private static final int TAIL = 2000;

  private final Shell shell;
  private final Journal journal;

  JournalledShell(Shell shell, Journal journal) {
    this.shell = shell;
    this.journal = journal;
  }

  @Override
  public Machine machine() {
    return shell.machine();
  }

  @Override
  public CommandResult run(Command command) {
    if (!command.changes()) {
      return shell.run(command);
    }
    long entry = journal.willRun(machine().name(), command);
    long began = System.nanoTime();
    try {
      CommandResult result = shell.run(command);
      journal.done(
          entry, result.exitCode(), result.duration(), tail(result.output() + result.errors()));
      return result;
    } catch (StepFailure failure) {
      journal.done(
          entry,
          codeOf(failure),
          Duration.ofNanos(System.nanoTime() - began),
          tail(failure.getMessage()));
      throw failure;
    }
  }

  @Override
  public Socket connect(String host, int port) {
    return shell.connect(host, port);
  }

  static int codeOf(StepFailure failure) {
    return failure instanceof LeaseHeld ? Journal.REFUSED : Journal.OUTCOME_UNKNOWN;
  }

  static String tail(String text) {
    String stripped = text.strip();
    return stripped.substring(Math.max(0, stripped.length() - TAIL));
  }
}
