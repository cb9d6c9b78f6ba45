package io.pryv.lab.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.pryv.lab.faults.Step.Part;
import java.util.List;
import org.junit.jupiter.api.Test;

class PackingTest {

  private static final Step KEY = new Step("key", "Make a key", Part.PREPARE);
  private static final Step SYNC = new Step("sync", "Sync", Part.PREPARE);
  private static final Step STOP = new Step("stop", "Stop", Part.WINDOW);
  private static final Step START = new Step("start", "Start", Part.WINDOW);
  private static final Step FOLLOW = new Step("follow", "Follow", Part.AFTER);
  private static final List<Step> ORDER = List.of(KEY, SYNC, STOP, START, FOLLOW);

  @Test
  void cellsOfDifferentStepsShareAMigrationInTheOrderOfTheSteps() {
    Cell follow = new Cell(FOLLOW, Fault.SSH_CUT);
    Cell key = new Cell(KEY, Fault.KILLED_DURING);
    assertThat(Packing.of(List.of(follow, key), ORDER)).containsExactly(List.of(key, follow));
  }

  @Test
  void twoFaultsOfOneStepHaveAMigrationEach() {
    assertThat(
            Packing.of(
                List.of(new Cell(KEY, Fault.KILLED_DURING), new Cell(KEY, Fault.SSH_CUT)), ORDER))
        .hasSize(2);
  }

  @Test
  void aColdWindowHoldsOneFaultOnly() {
    assertThat(
            Packing.of(
                List.of(new Cell(STOP, Fault.SSH_CUT), new Cell(START, Fault.SSH_CUT)), ORDER))
        .hasSize(2);
  }

  @Test
  void nothingComesAfterARollback() {
    Cell back = new Cell(SYNC, Fault.ROLLBACK);
    Cell key = new Cell(KEY, Fault.SSH_CUT);
    Cell follow = new Cell(FOLLOW, Fault.SSH_CUT);
    assertThat(Packing.of(List.of(key, back, follow), ORDER))
        .containsExactlyInAnyOrder(List.of(key, back), List.of(follow));
  }

  @Test
  void stepsOfTheWayBackShareAMigrationWhereItTurnsBackForThemAtTheSameStep() {
    Step listRecords = new Step("listRecords", "List the records", Part.AFTER);
    Step writer = new Step("returnWriter", "Return the writer", Part.BACK);
    Step proxy = new Step("returnProxy", "Return the proxy", Part.BACK);
    Step restore = new Step("restoreSource", "Restore source", Part.BACK);
    Step proveCopy = new Step("proveCopy", "Prove the copy", Part.WINDOW);
    Cell key = new Cell(KEY, Fault.KILLED_DURING);
    Cell one = new Cell(writer, Fault.KILLED_DURING);
    Cell two = new Cell(proxy, Fault.KILLED_DURING);
    Cell other = new Cell(restore, Fault.KILLED_DURING);
    assertThat(
            Packing.of(
                List.of(key, one, two, other),
                List.of(KEY, proveCopy, listRecords, restore, writer, proxy)))
        .containsExactlyInAnyOrder(List.of(key, one, two), List.of(other));
  }

  @Test
  void whatComesBehindTheTurnIsNotPackedBeforeIt() {
    Step listRecords = new Step("listRecords", "List the records", Part.AFTER);
    Step proxy = new Step("returnProxy", "Return the proxy", Part.BACK);
    Step verify = new Step("verify", "Verify", Part.MOVED);
    assertThat(
            Packing.of(
                List.of(new Cell(proxy, Fault.SSH_CUT), new Cell(verify, Fault.KILLED_DURING)),
                List.of(listRecords, verify, proxy)))
        .hasSize(2);
  }

  @Test
  void aSmallDiskIsNotGivenToMigrationsThatDoNotAskForIt() {
    assertThat(
            Packing.of(
                List.of(new Cell(SYNC, Fault.DISK_FULL), new Cell(FOLLOW, Fault.SSH_CUT)), ORDER))
        .hasSize(2);
  }
}
