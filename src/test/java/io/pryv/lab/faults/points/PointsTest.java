package io.pryv.lab.faults.points;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pryv.lab.faults.points.PointFiles.Action;
import io.pryv.lab.faults.points.PointFiles.Reached;
import io.pryv.lab.faults.points.PointFiles.When;
import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.CommandResult;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.platform.Machine;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PointsTest {

  private static final Command LOOK = Command.look("see", "ls");
  private static final Command CHANGE = Command.change("make", "touch it");

  @TempDir Path directory;
  private final List<String> scripts = new ArrayList<>();
  private PointFiles files;
  private Points points;

  @BeforeEach
  void open() {
    files = new PointFiles(directory);
    points = new Points(files);
  }

  @Test
  void aPointThatIsNotArmedIsPassedBy() throws Exception {
    points.around("stop", () -> points.command(shell(), CHANGE));
    assertThat(scripts).containsExactly(CHANGE.script());
  }

  @Test
  void theProgramWaitsAtAnArmedPointUntilItIsReleased() throws Exception {
    files.arm(When.BEFORE, "stop", Action.HOLD_CHANGE);
    Thread step = new Thread(() -> step("stop", CHANGE));
    step.start();
    await()
        .until(
            () ->
                files.reached(When.BEFORE, "stop").equals(java.util.Optional.of(new Reached(""))));
    assertThat(scripts).isEmpty();
    files.release(When.BEFORE, "stop");
    step.join(Duration.ofSeconds(10).toMillis());
    assertThat(scripts).containsExactly(CHANGE.script());
  }

  @Test
  void theFirstChangeIsHeldOnItsMachineAfterItsWorkAndTheLooksBeforeAreNot() {
    files.arm(When.DURING, "stop", Action.HOLD_CHANGE);
    step("stop", LOOK, CHANGE, CHANGE);
    assertThat(scripts).hasSize(3);
    assertThat(scripts.get(0)).isEqualTo(LOOK.script());
    assertThat(scripts.get(1)).containsSubsequence(CHANGE.script(), PointFiles.HELD);
    assertThat(scripts.get(2)).isEqualTo(CHANGE.script());
    assertThat(files.reached(When.DURING, "stop")).contains(new Reached("dest"));
  }

  @Test
  void theCommandThatIsNamedIsHeldAndNoneBeforeIt() {
    files.arm(When.DURING, "stop", Action.HOLD_CHANGE, "launch: the");
    Command named = Command.change("launch: the job", "launch it");
    step("stop", CHANGE, named);
    assertThat(scripts.get(0)).isEqualTo(CHANGE.script());
    assertThat(scripts.get(1)).contains(PointFiles.HELD);
  }

  @Test
  void aStepThatOnlyLooksIsHeldAtItsFirstLook() {
    files.arm(When.DURING, "prove", Action.HOLD_ANY);
    step("prove", LOOK);
    assertThat(scripts.get(0)).contains(PointFiles.HELD);
  }

  @Test
  void anArmedCommandFailsTwiceOnceItIsReleasedAndThenWorks() throws Exception {
    files.arm(When.DURING, "stop", Action.FAIL_CHANGE);
    List<Integer> codes = Collections.synchronizedList(new ArrayList<>());
    Thread steps =
        new Thread(
            () -> {
              for (int i = 0; i < 3; i++) {
                step("stop", codes, CHANGE);
              }
            });
    steps.start();
    await().until(() -> files.reached(When.DURING, "stop").isPresent());
    assertThat(codes).isEmpty();
    files.release(When.DURING, "stop");
    steps.join(Duration.ofSeconds(10).toMillis());
    assertThat(codes).containsExactly(1, 1, 0);
    assertThat(scripts).containsExactly(CHANGE.script());
  }

  @Test
  void aCommandOutsideOfAStepMeetsNoPoint() {
    files.arm(When.DURING, "stop", Action.HOLD_ANY);
    points.command(shell(), CHANGE);
    assertThat(scripts).containsExactly(CHANGE.script());
  }

  @Test
  void whatIsHeldKeepsItsExitCode() throws Exception {
    Command held = Points.held(Command.change("end", "echo done; exit 7"));
    Process bash =
        new ProcessBuilder(
                "bash", "-c", held.script().replace(PointFiles.HELD, directory + "/held"))
            .start();
    await().until(() -> directory.resolve("held").toFile().exists());
    assertThat(bash.isAlive()).isTrue();
    assertThat(directory.resolve("held").toFile().delete()).isTrue();
    assertThat(bash.waitFor()).isEqualTo(7);
  }

  private void step(String name, Command... commands) {
    step(name, new ArrayList<>(), commands);
  }

  private void step(String name, List<Integer> codes, Command... commands) {
    try {
      points.around(
          name,
          () -> {
            for (Command command : commands) {
              codes.add(points.command(shell(), command).exitCode());
            }
          });
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private Shell shell() {
    return new Shell() {
      @Override
      public Machine machine() {
        return new Machine(
            Machine.Role.DEST,
            "dest",
            "198.51.100.12",
            22,
            "root",
            "/key",
            "/var/pryv",
            "198.51.100.12");
      }

      @Override
      public CommandResult run(Command command) {
        scripts.add(command.script());
        return new CommandResult("dest", command, 0, "", "", Duration.ZERO);
      }

      @Override
      public Socket connect(String host, int port) {
        throw new UnsupportedOperationException();
      }
    };
  }
}
