package io.pryv.lab.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.pryv.lab.faults.Matrix.Verdict;
import io.pryv.lab.faults.Step.Part;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class MatrixTest {

  private final List<Step> steps =
      ProcessSteps.of(Path.of("bpmn/register-migration.bpmn").toAbsolutePath());
  private final Matrix matrix = new Matrix(steps);

  MatrixTest() throws IOException {}

  @Test
  void stepsOfTheDiagramComeInTheOrderOfTheProcedure() {
    assertThat(steps.stream().map(Step::id).toList())
        .containsSubsequence(
            "preflight",
            "launchDest",
            "bulkSync",
            "prepareGate",
            "stopWrites",
            "startDest",
            "proxySource",
            "leadClients",
            "reloadProxy",
            "followDest",
            "verifyData",
            "retireSource");
  }

  @Test
  void theDiagramTellsWhatIsAtStakeAtAStep() {
    assertThat(part("bulkSync")).isEqualTo(Part.PREPARE);
    assertThat(part("stopWrites")).isEqualTo(Part.WINDOW);
    assertThat(part("followDest")).isEqualTo(Part.AFTER);
    assertThat(part("verifyData")).isEqualTo(Part.MOVED);
    assertThat(part("putSourceBack")).isEqualTo(Part.BACK);
  }

  @Test
  void everyStepMeetsEveryFaultOrSaysWhyNot() {
    assertThat(matrix.cells()).hasSize(steps.size() * Fault.values().length);
    assertThat(matrix.cells().values())
        .allMatch(verdict -> verdict.run() || verdict.reason().length() > 20);
  }

  @Test
  void aCellThatStandsForOthersIsRunItselfInTheEnd() {
    for (Cell cell : matrix.cells().keySet()) {
      Set<Cell> seen = new HashSet<>();
      Cell last = cell;
      while (matrix.cells().get(last).equal().isPresent()) {
        assertThat(seen.add(last)).as("circle at %s", last).isTrue();
        last = matrix.cells().get(last).equal().orElseThrow();
      }
      assertThat(last.equals(cell) || matrix.cells().get(last).run())
          .as("%s is to be shown by %s, which is not run", cell, last)
          .isTrue();
    }
  }

  @Test
  void aStepThatNobodyDescribedIsTakenForOneThatChangesAMachine() {
    Step unheardOf = new Step("unheardOf", "Do something new", Part.AFTER);
    Map<Cell, Verdict> cells = new Matrix(List.of(unheardOf)).cells();
    assertThat(cells.get(new Cell(unheardOf, Fault.KILLED_DURING)).run()).isTrue();
    assertThat(cells.get(new Cell(unheardOf, Fault.POWER_CUT)).run()).isTrue();
  }

  @Test
  void aStepThatOnlyLooksIsKilledOnce() {
    Verdict verdict = verdict("proveDest", Fault.KILLED_AFTER);
    assertThat(verdict.equal()).contains(cell("proveDest", Fault.KILLED_BEFORE));
    assertThat(verdict.reason()).contains("changes nothing");
  }

  @Test
  void aStepThatIsNoJobOfItsOwnCannotBeKilledByItself() {
    assertThat(verdict("readPlatformFile", Fault.KILLED_DURING).run()).isFalse();
    assertThat(verdict("readPlatformFile", Fault.KILLED_DURING).equal()).isEmpty();
    assertThat(verdict("listRecords", Fault.KILLED_AFTER).run()).isTrue();
    assertThat(verdict("writeReport", Fault.KILLED_AFTER).equal())
        .contains(cell("listRecords", Fault.KILLED_AFTER));
  }

  @Test
  void aStepThatReachesNoMachineHasNoMomentWithinItToBeKilledAt() {
    Verdict verdict = verdict("listRecords", Fault.KILLED_DURING);
    assertThat(verdict.run()).isFalse();
    assertThat(verdict.equal()).isEmpty();
    assertThat(verdict.reason()).contains("no command marks a moment within it");
  }

  @Test
  void aRebootIsRunOnceInEachPartAndStandsBehindAPowerCutElsewhere() {
    assertThat(verdict("stopWrites", Fault.REBOOTED).run()).isTrue();
    assertThat(verdict("lastSync", Fault.REBOOTED).equal())
        .contains(cell("lastSync", Fault.POWER_CUT));
    assertThat(verdict("lastSync", Fault.POWER_CUT).run()).isTrue();
  }

  @Test
  void destLosesItsPowerWhereItsDiskCounts() {
    for (String step : List.of("switchOver", "startDest", "leadClients", "returnWriter")) {
      assertThat(verdict(step, Fault.DEST_POWER_CUT).run()).as(step).isTrue();
    }
    assertThat(verdict("verifyData", Fault.DEST_POWER_CUT).equal())
        .contains(cell("followDest", Fault.DEST_POWER_CUT));
    assertThat(verdict("listRecords", Fault.DEST_POWER_CUT).reason()).contains("no machine");
  }

  @Test
  void aFullDiskHarmsOnlyWhoWritesToIt() {
    assertThat(verdict("bulkSync", Fault.DISK_FULL).run()).isTrue();
    assertThat(verdict("stopWrites", Fault.DISK_FULL).equal()).isEmpty();
    assertThat(verdict("stopWrites", Fault.DISK_FULL).reason()).contains("nothing to dest's data");
  }

  @Test
  void thereIsNoWayBackOnceSourceIsRetired() {
    assertThat(verdict("retireSource", Fault.ROLLBACK).run()).isTrue();
    assertThat(verdict("removeKeys", Fault.ROLLBACK).reason()).contains("source is retired");
    assertThat(verdict("removeKeys", Fault.ROLLBACK).equal()).isEmpty();
  }

  @Test
  void everyCellOfTheQuickSelectionIsOneThatIsRun() {
    int named = Known.SMOKE.values().stream().mapToInt(List::size).sum();
    assertThat(matrix.smoke()).hasSize(named).hasSizeBetween(12, 16);
    assertThat(matrix.smoke()).allMatch(cell -> matrix.cells().get(cell).run());
  }

  @Test
  void noMigrationPassesTheStepsOfARehearsal() {
    for (Fault fault : Fault.values()) {
      for (String step : List.of("rehearseWindow", "endRehearsal")) {
        assertThat(verdict(step, fault).run()).isFalse();
        assertThat(verdict(step, fault).reason()).contains("a rehearsal passes it");
      }
    }
  }

  private Part part(String step) {
    return step(step).part();
  }

  private Step step(String id) {
    Optional<Step> found = steps.stream().filter(step -> step.id().equals(id)).findFirst();
    return found.orElseThrow();
  }

  private Cell cell(String step, Fault fault) {
    return new Cell(step(step), fault);
  }

  private Verdict verdict(String step, Fault fault) {
    return matrix.cells().get(cell(step, fault));
  }
}
