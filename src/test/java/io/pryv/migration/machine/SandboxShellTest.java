package io.pryv.migration.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.StepFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
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

  @Test
  void aChangeWaitsUntilTheOneBeforeHasEndedAndALookDoesNot() {
    machine.stub("flock", "echo asked >>\"$SANDBOX/asked\"; exec /usr/bin/flock \"$@\"");
    CompletableFuture<CommandResult> first =
        change("until [ -e go ]; do sleep 0.05; done; echo first >>order");
    awaitAsked(1);
    CompletableFuture<CommandResult> second = change("echo second >>order");
    awaitAsked(2);
    assertThatThrownBy(
            () -> machine.run(Command.change("hurry", "true").within(Duration.ofSeconds(2))))
        .isExactlyInstanceOf(StepFailure.class)
        .hasMessageContaining("an earlier change of ours is still under way");
    machine.run(Command.look("let the first end", "touch go"));
    assertThat(first.join().exitCode()).isZero();
    assertThat(second.join().exitCode()).isZero();
    assertThat(machine.home().resolve("order")).hasContent("first\nsecond");
  }

  @Test
  void whatAChangeLeavesRunningDoesNotHoldTheNextUp() {
    machine.run(Command.change("start", "setsid sleep 20 >/dev/null 2>&1 & echo $! >pid"));
    assertThat(machine.run(Command.change("next", "kill $(cat pid); exit 7")).exitCode())
        .isEqualTo(7);
  }

  private CompletableFuture<CommandResult> change(String script) {
    return CompletableFuture.supplyAsync(() -> machine.run(Command.change("change", script)));
  }

  private void awaitAsked(int times) {
    Path asked = machine.root().resolve("asked");
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> Files.exists(asked) && Files.readAllLines(asked).size() == times);
  }
}
