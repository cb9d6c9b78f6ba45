package io.pryv.migration.machine;

import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.StepFailure;
import java.net.Socket;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** A shell under a lease, see {@link LeasedShells}. */
final class LeasedShell implements Shell {

  private final Shell shell;
  private final LeaseHolder holder;
  private final BooleanSupplier mayTake;
  private final BooleanSupplier settled;
  private final Consumer<Boolean> nowSettled;

  LeasedShell(
      Shell shell,
      LeaseHolder holder,
      BooleanSupplier mayTake,
      BooleanSupplier settled,
      Consumer<Boolean> nowSettled) {
    this.shell = shell;
    this.holder = holder;
    this.mayTake = mayTake;
    this.settled = settled;
    this.nowSettled = nowSettled;
  }

  @Override
  public Machine machine() {
    return shell.machine();
  }

  @Override
  public CommandResult run(Command command) {
    if (command.changes()) {
      if (!mayTake.getAsBoolean()) {
        throw new LeaseHeld(
            machine().name(),
            command.purpose(),
            "the step of migration " + holder.migration() + " that began last",
            "run %d of start %d, overtaken by a later step or start of this program, or of a"
                    .formatted(holder.run(), holder.incarnation())
                + " migration that is over; the command was not begun",
            "nothing: what was overtaken ends here",
            null,
            /* overtaken= */ true);
      }
      try {
        CommandResult result = behind(LeaseFile.take(holder, command.deadline()), command);
        nowSettled.accept(true);
        return result;
      } catch (ConnectionLost unknown) {
        // It may still be at work: the next look waits for its end.
        nowSettled.accept(false);
        throw unknown;
      }
    }
    return settled.getAsBoolean() ? shell.run(command) : firstLook(command);
  }

  private CommandResult firstLook(Command command) {
    CommandResult result = behind(LeaseFile.settle(holder), command);
    if (result.exitCode() == LeaseFile.BUSY && result.output().isEmpty()) {
      Command wait = LeaseFile.awaitEnd(holder);
      CommandResult waited = shell.run(wait);
      LeaseFile.check(command, holder, waited);
      if (waited.exitCode() == LeaseFile.BUSY) {
        throw new StepFailure(
            machine().name(),
            command.purpose(),
            "the end of an earlier change of ours on the machine",
            "it is still under way after " + wait.deadline().toSeconds() + " s",
            "see on the machine what it waits for, then retry the step");
      }
      result = shell.run(command);
    }
    nowSettled.accept(true);
    return result;
  }

  /** The command as the caller knows it stays in the result; only the machine sees the guard. */
  private CommandResult behind(String guard, Command command) {
    CommandResult result = shell.run(command.behind(guard));
    LeaseFile.check(command, holder, result);
    return new CommandResult(
        result.machine(),
        command,
        result.exitCode(),
        result.output(),
        result.errors(),
        result.duration());
  }

  @Override
  public Socket connect(String host, int port) {
    return shell.connect(host, port);
  }
}
