package io.pryv.migration.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.StepFailure;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SandboxShellTest {

  private final SandboxShell machine = SandboxShell.of(Machine.Role.DEST_SLAVE);

  @AfterEach
  void remove() {
    machine.close();
  }

  @Test
  void runsScriptsInItsHomeWithInputAndItsOwnPrograms() {
    machine.stub("uname", "echo stubbed");
    CommandResult result =
        machine.run(
            Command.look("ask", "uname; pwd; cat; echo 'it'\\''s' >&2; exit 3")
                .withInput("in\nput"));
    assertThat(result.output()).isEqualTo("stubbed\n" + machine.home() + "\nin\nput");
    assertThat(result.errors()).isEqualTo("it's\n");
    assertThat(result.exitCode()).isEqualTo(3);
    assertThat(result.machine()).isEqualTo("dest-slave");
  }

  @Test
  void endsALateScript() {
    Command late = Command.look("wait", "sleep 60").within(Duration.ofSeconds(1));
    assertThatThrownBy(() -> machine.run(late))
        .isExactlyInstanceOf(StepFailure.class)
        .hasMessageContaining("an end within 1 s");
  }

  @Test
  void losesTheConnectionWhenTold() {
    machine.loseConnectionAfter(command -> command.script().contains("touch"));
    Command touch = Command.change("touch", "touch \"$HOME/done\"");
    assertThatThrownBy(() -> machine.run(touch)).isInstanceOf(ConnectionLost.class);
    assertThat(machine.home().resolve("done")).exists();
  }
}
