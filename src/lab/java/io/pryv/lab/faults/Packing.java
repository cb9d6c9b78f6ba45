package io.pryv.lab.faults;

import io.pryv.lab.faults.Step.Part;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Which cells share a migration. Cells share one only when they cannot hide each other: at
 * different steps of one strategy, at most one between the stop of writes and the answer of dest,
 * where the outage is measured and the process may go back; each waits until the one before has
 * recovered. A rollback ends its migration; steps of the way back share one where they are reached
 * from the same step of the way there.
 */
final class Packing {

  /** So that one failure does not cost too much to find. */
  private static final int MOST = 8;

  private Packing() {}

  /** The cells in runs; within a run in the order of the steps. */
  static List<List<Cell>> of(List<Cell> cells, List<Step> order) {
    List<List<Cell>> runs = new ArrayList<>();
    List<Cell> hardestFirst = new ArrayList<>(cells);
    hardestFirst.sort(Comparator.comparing(Packing::easilyPlaced));
    for (Cell cell : hardestFirst) {
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

  /** It can share a migration with most others. */
  private static boolean easilyPlaced(Cell cell) {
    return !inOutage(cell) && !Known.endsInRollback(cell) && turnsAt(cell).isEmpty();
  }

  private static boolean mayJoin(Cell cell, List<Cell> run, List<Step> order) {
    return run.size() < MOST && run.stream().allMatch(other -> together(cell, other, order));
  }

  private static boolean together(Cell one, Cell other, List<Step> order) {
    if (one.step().equals(other.step())
        || Known.live(one.step()) != Known.live(other.step())
        || (inOutage(one) && inOutage(other))
        || (one.fault() == Fault.DISK_FULL) != (other.fault() == Fault.DISK_FULL)) {
      return false;
    }
    if (turnsAt(one).isPresent() && turnsAt(other).isPresent()) {
      return turnsAt(one).equals(turnsAt(other));
    }
    Cell early = place(one, order) < place(other, order) ? one : other;
    return place(one, order) != place(other, order)
        && !Known.endsInRollback(early)
        && turnsAt(early).isEmpty();
  }

  /** Before which step the migration has to turn back for it. */
  private static Optional<String> turnsAt(Cell cell) {
    return Known.reachedByRollbackBefore(cell.step());
  }

  /** When it comes: a step off the good path comes where the path is left. */
  private static int place(Cell cell, List<Step> order) {
    String leftAt =
        turnsAt(cell).or(() -> Known.reachedByFailureOf(cell.step())).orElse(cell.step().id());
    return order.stream().map(Step::id).toList().indexOf(leftAt);
  }

  /** Whether clients wait anyway when it comes. */
  static boolean inOutage(Cell cell) {
    return cell.step().part() == Part.WINDOW
        || Known.closesWindow(cell.step())
        || Known.reachedByFailureOf(cell.step()).isPresent();
  }
}
