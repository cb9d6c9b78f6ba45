package io.pryv.migration.machine;

import io.pryv.migration.platform.StepFailure;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * How a script travels to a machine's bash: on standard input, ended by a NUL, its own input behind
 * it. The command line is always the same, so that no login shell's quoting matters and no length
 * limit applies, and a script cut short by a lost connection does not run at all.
 */
final class Bash {

  /**
   * Printed before the script runs, on both streams; whatever stands before it comes from the login
   * shell's start-up files.
   */
  private static final String MARK = "--register-migration--\n";

  /** Grace between the machine's own end of a late script and ours. */
  static final Duration GRACE = Duration.ofSeconds(4);

  private static final int ENDED_BY_TIMEOUT = 124;
  private static final int KILLED = 137;
  private static final int NOT_ALONE = 98;

  private Bash() {}

  /**
   * The command line. The machine itself ends a script that is late, so that none goes on behind
   * the back of its own retry; what the script started with {@code setsid} lives on. A script that
   * changes something waits until the one before it has ended, which may still be running although
   * this program has died or lost its connection since; the lock is on HOME itself, leaves nothing
   * behind, and is not inherited by what the script starts. English messages are asked for, since
   * some are recognised; directories that a non-interactive login often lacks are appended to the
   * path.
   */
  static String commandLine(Command command) {
    long seconds = seconds(command);
    return "exec timeout -k 2 "
        + seconds
        + " bash -c 'export LC_ALL=C"
        + " PATH=\"$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\";"
        + " echo --register-migration--; echo --register-migration-- >&2;"
        + " IFS= read -r -d \"\" script || exit 125; "
        + (command.changes() ? alone(Math.max(1, seconds / 2)) : "eval \"$script\"")
        + "'";
  }

  private static long seconds(Command command) {
    return Math.max(1, (command.deadline().toMillis() + 999) / 1000);
  }

  /**
   * A machine where nothing can be locked (flock fails, but not for want of time) is no obstacle.
   */
  private static String alone(long patience) {
    return "if exec 8<\"$HOME\"; then flock -w "
        + patience
        + " 8; [ $? -ne 1 ] || exit "
        + NOT_ALONE
        + "; fi; (eval \"$script\") 8<&-";
  }

  /** What the command line reads. */
  static byte[] standardInput(Command command) {
    if (command.script().indexOf('\0') >= 0) {
      throw new IllegalArgumentException("NUL in the script of: " + command.purpose());
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes(
        command
            .behind(AsRoot.functions(seconds(command)))
            .script()
            .getBytes(StandardCharsets.UTF_8));
    bytes.write(0);
    bytes.writeBytes(command.input().getBytes(StandardCharsets.UTF_8));
    return bytes.toByteArray();
  }

  /** What the script itself printed. */
  static String printed(byte[] stream) {
    String text = new String(stream, StandardCharsets.UTF_8);
    int mark = text.indexOf(MARK);
    return mark < 0 ? text : text.substring(mark + MARK.length());
  }

  /**
   * Throws what an exit code of our own means.
   *
   * @throws StepFailure when the script was late, or was not begun
   */
  static void checkEnd(String machine, Command command, int exitCode, Duration took) {
    // What ran as root has ended itself a little earlier.
    Duration early = Duration.ofSeconds(Math.min(AsRoot.EARLIER_SECONDS, seconds(command) / 2));
    if ((exitCode == ENDED_BY_TIMEOUT || exitCode == KILLED)
        && took.compareTo(command.deadline().minus(early)) >= 0) {
      throw late(machine, command, "still running; it was ended");
    }
    if (exitCode == NOT_ALONE) {
      throw late(
          machine,
          command,
          "an earlier change of ours is still under way on the machine; this one was not begun");
    }
  }

  static StepFailure late(String machine, Command command, String found) {
    return new StepFailure(
        machine,
        command.purpose(),
        "an end within " + command.deadline().toSeconds() + " s",
        found,
        "see on the machine what it waits for, then retry the step");
  }
}
