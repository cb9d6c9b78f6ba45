package io.pryv.migration.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.StepFailure;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LeasedShellsTest {

  private static final Command TOUCH = Command.change("touch it", "echo x >>\"$HOME/touched\"");

  private final SandboxShell machine = SandboxShell.of(Machine.Role.SOURCE);
  private final Path file = machine.home().resolve(".register-migration/lease");
  private final List<String> noted = new ArrayList<>();

  @AfterEach
  void remove() {
    machine.close();
  }

  @Test
  void aChangeTakesTheMachineAndRunsWithItsInputAndResult() {
    CommandResult result =
        step(ours(1, 10))
            .run(Command.change("say", "cat; echo err >&2; exit 3").withInput("in\nput"));

    assertThat(result.output()).isEqualTo("in\nput");
    assertThat(result.errors()).isEqualTo("err\n");
    assertThat(result.exitCode()).isEqualTo(3);
    assertThat(result.command().script()).isEqualTo("cat; echo err >&2; exit 3");
    assertThat(noted).containsExactly("source");
    Lease lease = seen().lease().orElseThrow();
    assertThat(lease.holder()).isEqualTo(ours(1, 10));
    assertThat(lease.until()).isAfter(Instant.now().plusSeconds(150));
    assertThat(file).hasSize(1024);
    assertThat(file.getParent()).isDirectoryContaining(path -> path.equals(file));
  }

  @Test
  void aLookTakesNothing() {
    step(ours(1, 10)).run(Command.look("look", "true"));

    assertThat(file.getParent()).doesNotExist();
    assertThat(noted).isEmpty();
  }

  @Test
  void roundsRetriesAndTheNextStepGoOn() {
    step(ours(1, 10)).run(TOUCH);
    Instant since = seen().lease().orElseThrow().since();
    step(ours(1, 10)).run(TOUCH);
    step(ours(1, 11)).run(TOUCH);

    assertThat(touched()).isEqualTo(3);
    assertThat(seen().lease().orElseThrow().since()).isEqualTo(since);
    assertThat(seen().lease().orElseThrow().holder().run()).isEqualTo(11);
  }

  @Test
  void anOvertakenStepIsRefusedHoweverLongItWaits() {
    step(ours(1, 11)).run(TOUCH);
    expire();

    LeaseHeld refused = catchThrowableOfType(LeaseHeld.class, () -> step(ours(1, 10)).run(TOUCH));
    assertThat(refused)
        .hasMessageContaining("source: touch it")
        .hasMessageContaining("overtaken by migration m1 of pryv.example")
        .hasMessageContaining("run 11")
        .hasMessageContaining("not begun");
    assertThat(touched()).isEqualTo(1);
  }

  /** What a step has seen must stay true until it acts: so its first look overtakes already. */
  @Test
  void aStepThatOnlyLooksStopsTheOneBeforeIt() {
    Shell before = step(ours(1, 10));
    before.run(TOUCH);
    assertThat(step(ours(1, 11)).run(Command.look("look", "cat \"$HOME/touched\"")).output())
        .isEqualTo("x\n");

    assertThatThrownBy(() -> before.run(TOUCH)).isInstanceOf(LeaseHeld.class);
    assertThat(touched()).isEqualTo(1);
  }

  @Test
  void aFirstLookWaitsForAChangeThatIsUnderWay() {
    Shell first = step(ours(1, 10));
    CompletableFuture<CommandResult> change =
        CompletableFuture.supplyAsync(
            () ->
                first.run(
                    Command.change(
                        "long",
                        "echo >began; until [ -e go ]; do sleep 0.05; done; echo x >>touched")));
    Awaitility.await().until(() -> Files.exists(machine.home().resolve("began")));
    Shell next = step(ours(1, 11));
    CompletableFuture<CommandResult> look =
        CompletableFuture.supplyAsync(() -> next.run(Command.look("look", "cat touched")));
    Awaitility.await()
        .until(() -> machine.ran().stream().anyMatch(c -> c.purpose().startsWith("wait for the")));
    machine.run(Command.look("let it end", "touch go"));

    assertThat(look.join().output()).isEqualTo("x\n");
    assertThat(change.join().succeeded()).isTrue();
    assertThatThrownBy(() -> first.run(TOUCH)).isInstanceOf(LeaseHeld.class);
  }

  /**
   * What a lost connection leaves behind may still be at work: nobody concludes from half of it.
   */
  @Test
  void aLookAfterALostConnectionWaitsForTheEndOfWhatWasCutOff() {
    Shell step =
        LeasedShells.ofStep(asked -> new CutOff(machine), ours(1, 10), taken -> true)
            .to(machine.machine());
    step.run(TOUCH);
    assertThatThrownBy(
            () ->
                step.run(
                    Command.change(
                        "cut off", "until [ -e go ]; do sleep 0.05; done; echo x >>touched")))
        .isInstanceOf(ConnectionLost.class);
    CompletableFuture<CommandResult> look =
        CompletableFuture.supplyAsync(() -> step.run(Command.look("look", "cat touched")));
    Awaitility.await()
        .until(() -> machine.ran().stream().anyMatch(c -> c.purpose().startsWith("wait for the")));
    machine.run(Command.look("let it end", "touch go"));

    assertThat(look.join().output()).isEqualTo("x\nx\n");
  }

  /** The connection is lost once "cut off" has begun; the machine goes on with it. */
  private record CutOff(SandboxShell machineItself) implements Shell {

    @Override
    public Machine machine() {
      return machineItself.machine();
    }

    @Override
    public CommandResult run(Command command) {
      if (!command.purpose().equals("cut off")) {
        return machineItself.run(command);
      }
      Command begun = command.withScript("touch begun\n" + command.script());
      CompletableFuture<CommandResult> goesOn =
          CompletableFuture.supplyAsync(() -> machineItself.run(begun));
      Awaitility.await()
          .until(() -> Files.exists(machineItself.home().resolve("begun")) || goesOn.isDone());
      throw new ConnectionLost("source", command.purpose(), "connection reset", null);
    }

    @Override
    public Socket connect(String host, int port) {
      return machineItself.connect(host, port);
    }
  }

  @Test
  void aWatchStopsNoStepAndWaitsForNobody() {
    Shell stepAtWork = step(ours(1, 10));
    stepAtWork.run(TOUCH);
    Shell watch = LeasedShells.ofWatch(shells(), ours(1, 10), taken -> true).to(machine.machine());
    watch.run(Command.look("look", "true"));
    watch.run(TOUCH);
    stepAtWork.run(TOUCH);

    assertThat(touched()).isEqualTo(3);
  }

  @Test
  void anotherMigrationWaitsUntilTheLeaseHasRunOut() {
    step(ours(1, 10)).run(TOUCH);
    Shell theirs = step(theirs());

    LeaseHeld refused = catchThrowableOfType(LeaseHeld.class, () -> theirs.run(TOUCH));
    assertThat(refused)
        .hasMessageContaining("held by migration m1 of pryv.example, program on control pid 77")
        .hasMessageContaining("since 20")
        .hasMessageContaining("DELETE /api/migrations/m2/leases/source?heldBy=m1");
    assertThat(refused.lease().orElseThrow().holder()).isEqualTo(ours(1, 10));
    assertThat(touched()).isEqualTo(1);
    expire();
    theirs.run(TOUCH);
    assertThat(seen().lease().orElseThrow().holder()).isEqualTo(theirs());
    assertThatThrownBy(() -> step(ours(1, 12)).run(TOUCH)).isInstanceOf(LeaseHeld.class);
  }

  /** The same migration id in another database is another program's. */
  @Test
  void aCopyOfTheDatabaseUnderAnotherNameIsSomebodyElse() {
    step(ours(1, 10)).run(TOUCH);
    LeaseHolder copy = new LeaseHolder("m1", "another", 9, 99, "pryv.example", "b pid 1");

    assertThatThrownBy(() -> step(copy).run(TOUCH)).isInstanceOf(LeaseHeld.class);
  }

  @Test
  void aProgramThatStartsAgainGoesOnAtOnceAndTheOneBeforeIsRefused() {
    Shell killed = step(ours(1, 10));
    killed.run(TOUCH);
    step(ours(2, 3)).run(TOUCH);

    assertThatThrownBy(() -> killed.run(TOUCH))
        .isInstanceOf(LeaseHeld.class)
        .hasMessageContaining("start 2");
    assertThatThrownBy(() -> step(ours(1, 99)).run(TOUCH)).isInstanceOf(LeaseHeld.class);
    assertThat(touched()).isEqualTo(2);
  }

  @Test
  void ofTwoAtTheSameMomentExactlyOneWins() {
    List<CompletableFuture<Boolean>> racers = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      LeaseHolder racer = new LeaseHolder("m" + i, "app" + i, 1, 1, "pryv.example", "x pid " + i);
      racers.add(
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  step(racer).run(TOUCH);
                  return true;
                } catch (LeaseHeld lost) {
                  return false;
                }
              }));
    }
    assertThat(racers.stream().filter(CompletableFuture::join)).hasSize(1);
    assertThat(touched()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "garbage \u0000 é",
        "migration m1\napplication app\nincarnation 1\nrun 010\nsince 1\nuntil 2",
        "migration m1\napplication app\nincarnation 1\nrun 1\nsince 1\nuntil $(touch pwned)",
        "migration m1\napplication app\nincarnation 1\nrun 1\nsince 1",
        "migration m1\nincarnation 1\nrun 1\nsince 1\nuntil 2",
      })
  void whatIsNoLeaseIsWordedAndNotTakenForFree(String content) {
    SandboxShell.writeFile(file, content);

    assertThat(seen().unreadable()).isTrue();
    LeaseHeld refused = catchThrowableOfType(LeaseHeld.class, () -> step(ours(1, 10)).run(TOUCH));
    assertThat(refused)
        .hasMessageContaining("no lease that can be understood")
        .hasMessageContaining("heldBy=unreadable");
    assertThat(refused.lease()).isEmpty();
    assertThat(machine.home().resolve("touched")).doesNotExist();
    assertThat(machine.home().resolve("pwned")).doesNotExist();
    lease().breakFor(ours(1, 10), LeaseFile.UNREADABLE);
    step(ours(1, 10)).run(TOUCH);
    assertThat(touched()).isEqualTo(1);
  }

  @Test
  void aDirectoryInItsPlaceIsNotFreeEither() throws IOException {
    Files.createDirectories(file);

    assertThatThrownBy(() -> step(ours(1, 10)).run(TOUCH)).isInstanceOf(LeaseHeld.class);
    assertThatThrownBy(() -> lease().breakFor(ours(1, 10), LeaseFile.UNREADABLE))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("Is a directory");
  }

  @Test
  void aLeaseThatIsBrokenKnowinglyRefusesTheOneWhoHeldIt() {
    Shell theirs = step(theirs());
    theirs.run(TOUCH);
    assertThatThrownBy(() -> lease().breakFor(ours(1, 10), "m3"))
        .isInstanceOf(LeaseHeld.class)
        .hasMessageContaining("by now it is held by m2");
    assertThat(seen().lease().orElseThrow().holder()).isEqualTo(theirs());

    lease().breakFor(ours(1, 10), "m2");
    assertThatThrownBy(() -> theirs.run(TOUCH)).isInstanceOf(LeaseHeld.class);
    step(ours(1, 10)).run(TOUCH);
    assertThat(touched()).isEqualTo(2);
  }

  /** After a reboot a clock may stand anywhere until NTP has set it. */
  @Test
  void aClockThatWasSetMakesALeaseNeitherShorterNorLonger() {
    step(theirs()).run(TOUCH);
    edit("s/^until .*/until 1/");
    assertThat(seen().expired()).isFalse();
    assertThatThrownBy(() -> step(ours(1, 10)).run(TOUCH)).isInstanceOf(LeaseHeld.class);

    expire();
    edit("s/^until .*/until 99999999999/");
    assertThat(seen().expired()).isTrue();
    step(ours(1, 10)).run(TOUCH);
    assertThat(touched()).isEqualTo(2);
  }

  @Test
  void aLeaseOfAnEarlierBootLastsFromWhenTheMachineCameUp() {
    step(theirs()).run(TOUCH);
    edit("s/^boot .*/boot another/; s/^ends .*/ends 1/; s/^lasts .*/lasts 99999999999/");
    assertThat(seen().expired()).isFalse();
    assertThatThrownBy(() -> step(ours(1, 10)).run(TOUCH)).isInstanceOf(LeaseHeld.class);

    edit("s/^ends .*/ends 99999999999/; s/^lasts .*/lasts 1/");
    assertThat(seen().expired()).isTrue();
    step(ours(1, 10)).run(TOUCH);
    assertThat(touched()).isEqualTo(2);
  }

  @Test
  void aLeaseOfAnEarlierVersionRunsOutByTheClock() {
    step(theirs()).run(TOUCH);
    edit("/^boot /d; /^lasts /d; /^ends /d");
    assertThat(seen().expired()).isFalse();
    assertThatThrownBy(() -> step(ours(1, 10)).run(TOUCH)).isInstanceOf(LeaseHeld.class);

    edit("s/^until .*/until 1/");
    assertThat(seen().expired()).isTrue();
    step(ours(1, 10)).run(TOUCH);
    assertThat(touched()).isEqualTo(2);
  }

  @Test
  void renewingKeepsOnlyAnOwnLease() {
    lease().renew(ours(1, 10));
    assertThat(file).doesNotExist();
    step(ours(1, 10)).run(TOUCH);
    expire();
    lease().renew(ours(1, 10));
    assertThat(seen().expired()).isFalse();
    lease().renew(theirs());
    assertThat(seen().lease().orElseThrow().holder()).isEqualTo(ours(1, 10));
    step(ours(2, 11)).run(TOUCH);
    assertThatThrownBy(() -> lease().renew(ours(1, 10))).isInstanceOf(LeaseHeld.class);
  }

  @Test
  void aLeaseGivenUpLeavesNothingBehind() {
    lease().release(ours(1, 10));
    step(ours(1, 10)).run(TOUCH);
    lease().release(theirs());
    assertThat(file).exists();
    lease().release(ours(1, 12));
    lease().release(ours(1, 12));
    assertThat(file.getParent()).doesNotExist();
    step(theirs()).run(TOUCH);
    SandboxShell.writeFile(file.resolveSibling("m3/job"), "of another migration");
    lease().release(theirs());
    assertThat(file).doesNotExist();
    assertThat(file.resolveSibling("m3/job")).exists();
  }

  /** On a machine that nobody has touched yet, no lease tells who was overtaken. */
  @Test
  void whomThisProgramDoesNotMeanToActAnyMoreDoesNot() {
    Shell overtaken =
        LeasedShells.ofStep(shells(), ours(1, 10), taken -> false).to(machine.machine());
    LeaseHeld refused = catchThrowableOfType(LeaseHeld.class, () -> overtaken.run(TOUCH));
    assertThat(refused.overtaken()).isTrue();
    assertThat(machine.ran()).isEmpty();
  }

  @Test
  void aRefusedChangeStandsInTheJournalAsNotBegun() {
    step(theirs()).run(TOUCH);
    InMemoryJournal journal = new InMemoryJournal();
    Hands hands =
        new JournalledHands(LeasedShells.ofStep(shells(), ours(1, 10), taken -> true), journal);
    assertThatThrownBy(() -> hands.on(machine.machine()).run(TOUCH)).isInstanceOf(LeaseHeld.class);
    String path = machine.confFile("site.conf", "old").toString();
    assertThatThrownBy(() -> hands.files(machine.machine()).write(path, new byte[1], "600"))
        .isInstanceOf(LeaseHeld.class);

    assertThat(journal.commands())
        .singleElement()
        .satisfies(
            ran -> {
              assertThat(ran.command()).isEqualTo(TOUCH);
              assertThat(ran.exitCode()).contains(Journal.REFUSED);
            });
    assertThat(Path.of(path)).hasContent("old");
  }

  @Test
  void whereTheLeaseCanNotBeWrittenNothingIsDone() {
    machine.stub("mv", "echo 'No space left on device' >&2; exit 1");
    assertThatThrownBy(() -> step(ours(1, 10)).run(TOUCH))
        .isExactlyInstanceOf(StepFailure.class)
        .hasMessageContaining("No space left on device");
    assertThat(machine.home().resolve("touched")).doesNotExist();
    assertThat(file).doesNotExist();
  }

  /** A full disk must not keep its holder from undoing what filled it. */
  @Test
  void aHolderWritesNoNewFile() {
    step(ours(1, 10)).run(TOUCH);
    machine.stub("mv", "exit 1").stub("mkdir", "exit 1");
    step(ours(1, 11)).run(TOUCH);
    assertThat(touched()).isEqualTo(2);
  }

  @Test
  void aConnectionLostAfterAChangeLeavesTheLeaseToTheRetry() {
    machine.loseConnectionAfter(Command::changes);
    assertThatThrownBy(() -> step(ours(1, 10)).run(TOUCH)).isInstanceOf(ConnectionLost.class);
    machine.loseConnectionAfter(command -> false);
    step(ours(1, 11)).run(TOUCH);
    assertThat(touched()).isEqualTo(2);
  }

  private static LeaseHolder ours(long incarnation, long run) {
    return new LeaseHolder("m1", "app", incarnation, run, "pryv.example", "control pid 77");
  }

  private static LeaseHolder theirs() {
    return new LeaseHolder("m2", "theirs", 1, 1, "else.example", "elsewhere pid 5");
  }

  private Shells shells() {
    return asked -> machine;
  }

  private Shell step(LeaseHolder holder) {
    return LeasedShells.ofStep(shells(), holder, taken -> noted.add(taken.name()))
        .to(machine.machine());
  }

  private LeaseFile lease() {
    return new LeaseFile(machine);
  }

  private Lease.Seen seen() {
    return lease().look();
  }

  private void expire() {
    machine.run(
        Command.look(
            "let time pass",
            "sed -i -e 's/^ends .*/ends 0/' -e 's/^lasts .*/lasts 0/' .register-migration/lease"));
  }

  private void edit(String sed) {
    machine.run(Command.look("edit the lease", "sed -i '" + sed + "' .register-migration/lease"));
  }

  private long touched() {
    try {
      return Files.readAllLines(machine.home().resolve("touched")).size();
    } catch (IOException e) {
      return 0;
    }
  }
}
