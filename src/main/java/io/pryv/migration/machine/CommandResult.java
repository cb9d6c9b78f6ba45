package io.pryv.migration.machine;

import io.pryv.migration.platform.StepFailure;
import java.time.Duration;

/**
 * What a command left behind.
 *
 * @param machine the machine's name
 * @param command what was run
 * @param exitCode of the script
 * @param output standard output, UTF-8
 * @param errors standard error, UTF-8
 */
public record CommandResult(
    String machine,
    Command command,
    int exitCode,
    String output,
    String errors,
    Duration duration) {

  public boolean succeeded() {
    return exitCode == 0;
  }

  /**
   * The output of a command that must succeed.
   *
   * @param next what the operator should do if it failed
   * @return the standard output, stripped
   * @throws StepFailure when the exit code is not 0
   */
  public String orFail(String next) {
    if (succeeded()) {
      return output.strip();
    }
    String tail = (output + errors).strip();
    throw new StepFailure(
        machine,
        command.purpose() + shortScript(),
        "exit code 0",
        "exit code " + exitCode + ": " + tail.substring(Math.max(0, tail.length() - 1500)),
        next);
  }

  /** A command that an operator could type; a long script is in the journal. */
  private String shortScript() {
    String script = command.script().strip();
    return script.length() <= 200 && script.indexOf('\n') < 0 ? " (" + script + ")" : "";
  }
}
