package io.pryv.migration.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.machine.DetachedJob.State;
import io.pryv.migration.machine.DetachedJob.Status;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.StepFailure;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DetachedJobTest {

  private static final Duration NO_WAIT = Duration.ZERO;

  private final SandboxShell machine = SandboxShell.of(Machine.Role.DEST);
  private final DetachedJob job = new DetachedJob(machine, "m-1", "bulk-sync.1", "bulk sync");

  @AfterEach
  void endAndRemove() {
    job.kill();
    machine.close();
  }

  @Test
  void tellsTheExitCodeAndTheEndOfTheLogOnceItEnded() {
    assertThat(job.look(NO_WAIT).state()).isEqualTo(State.ABSENT);
    job.launch("echo it\\'s out; echo err >&2; pwd; exit 23");
    Status ended = job.look(Duration.ofSeconds(3));
    assertThat(ended)
        .isEqualTo(new Status(State.ENDED, 23, "it's out\nerr\n" + machine.home() + "\n"));
    assertThat(job.launch("echo another")).isEqualTo(ended);
  }

  @Test
  void launchedManyTimesAtOnceItRunsOnce() {
    CompletableFuture<?>[] launches = new CompletableFuture<?>[4];
    for (int i = 0; i < launches.length; i++) {
      launches[i] =
          CompletableFuture.runAsync(
              () ->
                  new DetachedJob(machine, "m-1", "bulk-sync.1", "bulk sync")
                      .launch("echo ran >>\"$HOME/runs\"; until [ -e go ]; do sleep 0.05; done"));
    }
    CompletableFuture.allOf(launches).join();
    assertThat(job.look(NO_WAIT).state()).isEqualTo(State.RUNNING);
    machine.run(Command.change("let it end", "touch go"));
    assertThat(job.look(Duration.ofSeconds(3)).succeeded()).isTrue();
    assertThat(machine.home().resolve("runs")).hasContent("ran");
  }

  @Test
  void aLaunchWhoseAnswerIsLostIsAttachedToAndNotRepeated() {
    machine.loseConnectionAfter(command -> command.purpose().startsWith("launch"));
    assertThatThrownBy(() -> job.launch("echo ran >>\"$HOME/runs\""))
        .isInstanceOf(ConnectionLost.class);
    machine.loseConnectionAfter(command -> false);
    job.launch("echo ran >>\"$HOME/runs\"");
    assertThat(job.look(Duration.ofSeconds(3)).succeeded()).isTrue();
    assertThat(machine.home().resolve("runs")).hasContent("ran");
  }

  @Test
  void aRoundThatOnlyAttachesChangesNothing() {
    String script = "echo ran >>\"$HOME/runs\"; until [ -e go ]; do sleep 0.05; done";
    assertThat(job.attachOrLaunch(script, NO_WAIT).running()).isTrue();
    int changes = machine.changes().size();
    assertThat(job.attachOrLaunch(script, NO_WAIT).running()).isTrue();
    assertThat(machine.changes()).hasSize(changes);
    machine.run(Command.change("let it end", "touch go"));
    assertThat(job.attachOrLaunch(script, Duration.ofSeconds(3)).succeeded()).isTrue();
    assertThat(machine.home().resolve("runs")).hasContent("ran");
  }

  @Test
  void aLookWaitsNoLongerThanTold() {
    job.launch("sleep 300");
    long began = System.nanoTime();
    assertThat(job.look(Duration.ofMillis(300)).running()).isTrue();
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(3));
  }

  @Test
  void killedWithItsChildrenItHasVanishedAndCanBeLaunchedAnew() {
    job.launch("sleep 300");
    machine.run(Command.change("power cut", processes("| xargs kill -9")));
    awaitState(State.VANISHED);
    job.forget();
    job.launch("exit 0");
    assertThat(job.look(Duration.ofSeconds(3)).succeeded()).isTrue();
  }

  @Test
  void itStillRunsWhileAChildOfTheKilledShellWorks() {
    job.launch("sleep 300; echo never");
    awaitChild();
    machine.run(
        Command.change("kill the runner only", "kill -9 " + "$(cut -d' ' -f1 " + pid() + ")"));
    assertThat(job.look(NO_WAIT).state()).isEqualTo(State.RUNNING);
    assertThatThrownBy(job::forget)
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("still running");
    job.kill();
    assertThat(job.look(NO_WAIT).state()).isEqualTo(State.VANISHED);
  }

  @Test
  void afterARebootAProcessWithTheSameNumberIsNotTakenForIt() {
    job.launch("sleep 300");
    machine.run(
        Command.change("as after a reboot", "sed -i.before 's/[^ ]*$/another-boot/' " + pid()));
    assertThat(job.look(NO_WAIT).state()).isEqualTo(State.VANISHED);
    machine.run(
        Command.change(
            "as a number used again", "sed 's/ [0-9]* / 1 /' " + pid() + ".before >" + pid()));
    assertThat(job.look(NO_WAIT).state()).isEqualTo(State.VANISHED);
    machine.run(Command.change("as it was", "mv " + pid() + ".before " + pid()));
    assertThat(job.look(NO_WAIT).state()).isEqualTo(State.RUNNING);
  }

  @Test
  void aLaunchCutOffBeforeTheStartIsRepeatedByTheNext() {
    machine.run(
        Command.change(
            "half a launch",
            "mkdir -p .register-migration/m-1/bulk-sync.1; touch "
                + ".register-migration/m-1/bulk-sync.1/script"));
    assertThat(job.look(NO_WAIT).state()).isEqualTo(State.ABSENT);
    job.launch("echo whole");
    assertThat(job.look(Duration.ofSeconds(3)).tail()).isEqualTo("whole\n");
  }

  @Test
  void itOutlivesTheDeadlineOfTheCommandThatLaunchedIt() {
    job.launch("sleep 300");
    machine.run(Command.look("anything", "true"));
    assertThat(job.look(NO_WAIT).running()).isTrue();
    job.kill();
    job.kill();
    assertThat(job.look(NO_WAIT).state()).isEqualTo(State.VANISHED);
  }

  @Test
  void idsThatAreNotFileNamesAreRefused() {
    assertThatThrownBy(() -> new DetachedJob(machine, "m", "../x", ""))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new DetachedJob(machine, "m;reboot", "x", ""))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static String pid() {
    return "\"$HOME/.register-migration/m-1/bulk-sync.1/pid\"";
  }

  private static String processes(String then) {
    return "sed 's/^\\([0-9]*\\) .*) . [-0-9]* [-0-9]* \\([-0-9]*\\) .*/\\2 \\1/' /proc/[0-9]*/stat"
        + " 2>/dev/null | sed -n \"s/^$(cut -d' ' -f1 "
        + pid()
        + ") //p\" "
        + then;
  }

  private void awaitChild() {
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .until(
            () ->
                machine
                    .run(Command.look("count", processes("| wc -l")))
                    .output()
                    .strip()
                    .matches("[3-9]"));
  }

  private void awaitState(State state) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> job.look(NO_WAIT).state() == state);
  }
}
