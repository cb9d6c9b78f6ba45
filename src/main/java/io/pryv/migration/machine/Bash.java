package io.pryv.migration.machine;

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

  private Bash() {}

  /**
   * The command line. The machine itself ends a script that is late, so that none goes on behind
   * the back of its own retry; what the script started with {@code setsid} lives on. English
   * messages are asked for, since some are recognised; directories that a non-interactive login
   * often lacks are appended to the path.
   */
  static String commandLine(Duration deadline) {
    return "exec timeout -k 2 "
        + Math.max(1, (deadline.toMillis() + 999) / 1000)
        + " bash -c 'export LC_ALL=C"
        + " PATH=\"$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\";"
        + " echo --register-migration--; echo --register-migration-- >&2;"
        + " IFS= read -r -d \"\" script || exit 125; eval \"$script\"'";
  }

  /** What the command line reads. */
  static byte[] standardInput(Command command) {
    if (command.script().indexOf('\0') >= 0) {
      throw new IllegalArgumentException("NUL in the script of: " + command.purpose());
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes(command.script().getBytes(StandardCharsets.UTF_8));
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

  /** Whether the machine ended the script because it was late. */
  static boolean late(int exitCode, Duration took, Duration deadline) {
    return (exitCode == ENDED_BY_TIMEOUT || exitCode == KILLED) && took.compareTo(deadline) >= 0;
  }
}
