package io.pryv.lab.faults;

import io.pryv.lab.faults.Step.Part;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Which cells share a migration. Cells share one only when they cannot hide each other: at
 * different steps of one strategy, at most one between the stop of source and the answer of dest,
 * where the outage is measured and the process may go back; each waits until the one before has
 * recovered. A rollback ends its migration.
 */
final class Packing {

  /** So that one failure does not cost too much to find. */
  private static final int MOST = 5;

  private Packing() {}

  /** The cells in runs; within a run in the order of the steps. */
  static List<List<Cell>> of(List<Cell> cells, List<Step> order) {
    List<List<Cell>> runs = new ArrayList<>();
    for (Cell cell : cells) {
      List<Cell> run =
          runs.stream()
              .filter(some -> mayJoin(cell, some, order))
              .findFirst()
              .orElseGet(
                  () -> {
                    List<Cell> fresh = new ArrayList<>();
                    runs.add(fresh);
                    return fresh;
                  });
      run.add(cell);
      run.sort(Comparator.comparing(each -> order.indexOf(each.step())));
    }
    return runs;
  }

  private static boolean mayJoin(Cell cell, List<Cell> run, List<Step> order) {
    return run.size() < MOST && run.stream().allMatch(other -> together(cell, other, order));
  }

  private static boolean together(Cell one, Cell other, List<Step> order) {
    Cell early = order.indexOf(one.step()) < order.indexOf(other.step()) ? one : other;
    return !one.step().equals(other.step())
        && Known.live(one.step()) == Known.live(other.step())
        && !(inOutage(one) && inOutage(other))
        && one.step().part() != Part.BACK
        && other.step().part() != Part.BACK
        && early.fault() != Fault.ROLLBACK
        && (one.fault() == Fault.DISK_FULL) == (other.fault() == Fault.DISK_FULL);
  }

  /** Whether clients wait anyway when it comes. */
  static boolean inOutage(Cell cell) {
    return cell.step().part() == Part.WINDOW || Known.closesWindow(cell.step());
  }
}
