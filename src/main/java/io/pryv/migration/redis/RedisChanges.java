package io.pryv.migration.redis;

import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.CommandResult;
import io.pryv.migration.machine.ConnectionLost;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.platform.StepFailure;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/**
 * Commands that change a Redis, said to it by the machine's own bash: so that they pass where every
 * change of a machine passes, under its lease and into the journal. What belongs together is one
 * command on the machine.
 */
final class RedisChanges {

  private static final Duration DEADLINE = Duration.ofSeconds(20);

  /**
   * Inline commands over bash's {@code /dev/tcp}: nothing need be installed, and nothing is
   * started, which with {@code docker exec} takes 100 to 300 ms. A line is one write, so that no
   * delayed acknowledgement is waited for.
   */
  private static final String FUNCTIONS =
      """
      no_answer() { echo "no answer to: $1" >&2; exit 71; }
      ask() {
        printf '%%s\\r\\n' "$1" >&3
        IFS= read -r -t 10 -u 3 reply || no_answer "$1"
        reply=${reply%%$'\\r'}
      }
      redis() { ask "$1"; printf '%%s\\n' "$reply"; }
      now_is() {
        ask 'INFO replication'
        IFS= read -r -N "${reply#?}" -t 10 -u 3 text || no_answer 'INFO replication'
        printf '%%s\\n' "$text" | tr -d '\\r' |
          grep -E '^(role|master_host|master_port|master_link_status|master_repl_offset):'
      }
      exec 3<>/dev/tcp/%s/%d || exit 70
      """;

  private final Shell shell;
  private final String host;
  private final int port;

  RedisChanges(Shell shell, String host, int port) {
    this.shell = shell;
    this.host = host;
    this.port = port;
  }

  /**
   * Runs a script of the functions {@code redis 'COMMAND'}, which prints the reply, and {@code
   * now_is}, which prints the role.
   *
   * @param purpose in the operator's words, with what was before: it stands in the journal
   * @return what it printed, a line each
   */
  List<String> run(String purpose, String script) {
    Command change =
        Command.change("Redis: " + purpose, FUNCTIONS.formatted(host, port) + script)
            .within(DEADLINE);
    CommandResult result;
    try {
      result = shell.run(change);
    } catch (ConnectionLost unknown) {
      awaitEnd(unknown);
      throw unknown;
    }
    if (!result.succeeded()) {
      throw new StepFailure(
          shell.machine().name(),
          "Redis at " + host + ":" + port + ": " + purpose,
          "its answer",
          "exit code "
              + result.exitCode()
              + ": "
              + (result.output() + result.errors()).strip()
              + "; what has no answer may have been done all the same",
          "see that the redis container runs and what its log says, then retry the step: it looks"
              + " before it acts");
    }
    return result.output().lines().toList();
  }

  /**
   * Whoever looks next asks Redis itself, past the machine's lock; so the end of what was cut off
   * is waited for here, if the machine can be reached again.
   */
  private void awaitEnd(ConnectionLost unknown) {
    try {
      shell.run(Command.look("see that nothing cut off is still at work", "true"));
    } catch (StepFailure unreachable) {
      unknown.addSuppressed(unreachable);
    }
  }

  /** An inline command: what could be taken for something else is quoted, byte by byte. */
  static String line(String... words) {
    StringBuilder line = new StringBuilder();
    for (String word : words) {
      line.append(line.isEmpty() ? "" : " ").append(word(word));
    }
    return line.toString();
  }

  private static String word(String word) {
    if (word.matches("[A-Za-z0-9._:@/-]+")) {
      return word;
    }
    StringBuilder quoted = new StringBuilder("\"");
    for (byte each : word.getBytes(StandardCharsets.UTF_8)) {
      if (each >= ' ' && each <= '~' && each != '"' && each != '\\') {
        quoted.append((char) each);
      } else {
        quoted.append("\\x%02x".formatted(each));
      }
    }
    return quoted.append('"').toString();
  }
}
