package io.pryv.lab.faults;

import io.pryv.lab.faults.Step.Part;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/** Every step under every fault: which cells are run, which need not or cannot be, and why. */
final class Matrix {

  /**
   * What becomes of a cell.
   *
   * @param equal the cell that is run in its place, if there is one
   * @param reason why it is not run itself; empty when it is
   */
  record Verdict(Optional<Cell> equal, String reason) {

    static final Verdict RUN = new Verdict(Optional.empty(), "");

    static Verdict folded(Cell into, String reason) {
      return new Verdict(Optional.of(into), reason);
    }

    static Verdict impossible(String reason) {
      return new Verdict(Optional.empty(), reason);
    }

    boolean run() {
      return reason.isEmpty();
    }
  }

  private final List<Step> steps;
  private final Map<Cell, Verdict> cells = new LinkedHashMap<>();

  Matrix(List<Step> steps) {
    this.steps = List.copyOf(steps);
    for (Step step : steps) {
      for (Fault fault : Fault.values()) {
        Cell cell = new Cell(step, fault);
        cells.put(cell, verdict(cell));
      }
    }
  }

  Map<Cell, Verdict> cells() {
    return cells;
  }

  List<Cell> toRun() {
    return cells.entrySet().stream()
        .filter(entry -> entry.getValue().run())
        .map(Map.Entry::getKey)
        .toList();
  }

  /** The cells of the quick selection, in the order of the steps. */
  List<Cell> smoke() {
    return cells.keySet().stream()
        .filter(
            cell -> Known.SMOKE.getOrDefault(cell.step().id(), List.of()).contains(cell.fault()))
        .toList();
  }

  Optional<Cell> find(String step, String fault) {
    return cells.keySet().stream()
        .filter(cell -> cell.step().id().equals(step) && cell.fault().id.equals(fault))
        .findFirst();
  }

  private Verdict verdict(Cell cell) {
    Step step = cell.step();
    Fault fault = cell.fault();
    if (fault == Fault.DEST_POWER_CUT && reachesDest(step)) {
      return destPower(cell);
    }
    if (step.part() == Part.BACK && Known.reachedByFailureOf(step).isEmpty()) {
      return backwards(cell);
    }
    if (Known.reachesNoMachine(step)) {
      return hereOnly(cell);
    }
    return switch (fault) {
      case KILLED_BEFORE ->
          first(
              cell,
              other -> !Known.reachesNoMachine(other),
              "nothing of the step has been begun and its job goes on by itself, as with the"
                  + " first step of this part");
      case KILLED_DURING, KILLED_AFTER ->
          Known.onlyLooks(step)
              ? Verdict.folded(
                  new Cell(step, Fault.KILLED_BEFORE),
                  "the step changes nothing on a machine, so that killed in it or after it leaves"
                      + " what killed before it leaves")
              : Verdict.RUN;
      case SSH_CUT, COMMAND_FAILS ->
          Known.onlyLooks(step)
              ? first(
                  cell,
                  Known::onlyLooks,
                  "a look that fails changes nothing; what the process makes of it is the same for"
                      + " each look of this part")
              : Verdict.RUN;
      case DISK_FULL ->
          Known.writesDestData(step)
              ? Verdict.RUN
              : Verdict.impossible("the step writes nothing to dest's data");
      case CONTAINER_DIES, UNREACHABLE, POWER_CUT, DEST_POWER_CUT, DOCKER_RESTARTED ->
          machine(cell);
      case REBOOTED -> rebooted(cell);
      case ROLLBACK -> rollback(cell);
      case RETRY_TWICE ->
          first(
              cell,
              other -> !Known.reachesNoMachine(other) && !Known.onlyLooks(other),
              "what two presses do is the engine's and the same for each step; that the step bears"
                  + " a rerun is shown by killed-after");
    };
  }

  /** Not one that no migration passes, or that reaches no machine: those have their own reasons. */
  private static boolean reachesDest(Step step) {
    return !Known.reachesNoMachine(step)
        && !Known.rehearses(step.id())
        && !Known.byHand(step)
        && !step.id().equals(Known.UNDONE);
  }

  /** Where nothing new counts on dest's disk, the last step before at which something did. */
  private Verdict destPower(Cell cell) {
    Step step = cell.step();
    if (Known.destDiskCounts(step)) {
      return Verdict.RUN;
    }
    List<Step> counting = steps.stream().filter(Known::destDiskCounts).toList();
    if (counting.isEmpty()) {
      return Verdict.RUN;
    }
    List<Step> before =
        counting.stream().filter(other -> steps.indexOf(other) < steps.indexOf(step)).toList();
    return before.isEmpty()
        ? Verdict.folded(
            new Cell(counting.get(0), cell.fault()),
            "dest has nothing yet that counts; what it has to give back stands in notes that are"
                + " synced")
        : Verdict.folded(
            new Cell(before.get(before.size() - 1), cell.fault()),
            "no more of dest's disk counts than at that step, which comes before it");
  }

  /** Steps of the way back; how they are reached is the business of the rollback's cells. */
  private Verdict backwards(Cell cell) {
    if (cell.step().id().equals(Known.UNDONE)) {
      return Verdict.impossible(
          "it follows a switch that undid itself, to which no fault from outside is sure to lead;"
              + " takeRetryOutBack does the same");
    }
    if (Known.byHand(cell.step())) {
      return Verdict.impossible(
          "source refuses writes from the beginning of the window on: a rollback passes here only"
              + " where somebody has stopped its services by hand, or let writes in");
    }
    if (Known.rehearses(cell.step().id())) {
      return Verdict.impossible(
          "a rehearsal passes it, and no migration; what it does is done by prepareWindow, and by"
              + " whoever asks for a rollback at the gate");
    }
    if (Known.reachesNoMachine(cell.step())) {
      return hereOnly(cell);
    }
    if (Known.onlyLooks(cell.step())
        && cell.fault() != Fault.ROLLBACK
        && cell.fault() != Fault.DISK_FULL) {
      return first(
          cell.fault() == Fault.POWER_CUT ? cell : new Cell(cell.step(), Fault.KILLED_DURING),
          other -> !Known.onlyLooks(other) && !Known.reachesNoMachine(other) && reached(other),
          "the step only looks, and finds what the one before it left");
    }
    return switch (cell.fault()) {
      case ROLLBACK -> Verdict.impossible("the way back is under way already");
      case DISK_FULL ->
          Known.writesDestData(cell.step())
              ? Verdict.RUN
              : Verdict.impossible("the step writes nothing to dest's data");
      case KILLED_DURING, POWER_CUT -> Verdict.RUN;
      default ->
          Verdict.folded(
              new Cell(cell.step(), Fault.KILLED_DURING),
              "each step of the way back looks at the machines first, whatever ended it before");
    };
  }

  private static boolean reached(Step step) {
    return Known.reachedByRollbackBefore(step).isPresent();
  }

  private Verdict hereOnly(Cell cell) {
    if (!cell.fault().kills()) {
      return Verdict.impossible("the step reaches no machine over ssh");
    }
    if (cell.fault() == Fault.KILLED_DURING) {
      return Verdict.impossible(
          "the step reaches no machine over ssh, so that no command marks a moment within it; it is"
              + " killed before its first act and after its last");
    }
    if (Known.withinAnother(cell.step())) {
      return Verdict.impossible(
          "the step is no job of its own: killed in it, nothing of it was stored");
    }
    Step first =
        steps.stream()
            .filter(step -> Known.reachesNoMachine(step) && !Known.withinAnother(step))
            .filter(step -> !Known.live(step))
            .filter(step -> !Known.rehearses(step.id()))
            .findFirst()
            .orElseThrow();
    return first.equals(cell.step())
        ? Verdict.RUN
        : Verdict.folded(
            new Cell(first, cell.fault()),
            "the step reaches no machine; it is redone from the database");
  }

  private Verdict machine(Cell cell) {
    if (!Known.onlyLooks(cell.step())) {
      return Verdict.RUN;
    }
    Optional<Step> changing = Optional.empty();
    for (Step other : steps) {
      if (other.equals(cell.step())) {
        break;
      }
      if (other.part() == cell.step().part()
          && !Known.onlyLooks(other)
          && !Known.reachesNoMachine(other)) {
        changing = Optional.of(other);
      }
    }
    return changing
        .map(
            other ->
                Verdict.folded(
                    new Cell(other, cell.fault()),
                    "the step only looks: the machines are as the step before left them"))
        .orElseGet(
            () ->
                first(
                    cell,
                    Known::onlyLooks,
                    "the step only looks, and nothing has been changed in this part before"));
  }

  /** One reboot in each part; the other steps meet its harder kin. */
  private Verdict rebooted(Cell cell) {
    Step step = cell.step();
    Optional<Step> first =
        steps.stream()
            .filter(other -> other.part() == step.part())
            .filter(other -> !Known.onlyLooks(other) && !Known.reachesNoMachine(other))
            .findFirst();
    return Known.onlyLooks(step) || first.filter(step::equals).isPresent()
        ? machine(cell)
        : Verdict.folded(
            new Cell(step, Fault.POWER_CUT),
            "a reboot leaves what a power cut leaves, and lets the services end in good order"
                + " before; one is run in each part");
  }

  private Verdict rollback(Cell cell) {
    Step step = cell.step();
    if (step.part() == Part.BACK) {
      return Verdict.impossible("the way back is under way already");
    }
    for (Step other : steps.subList(0, steps.indexOf(step))) {
      if (Known.retiresSource(other)) {
        return Verdict.impossible("source is retired: there is no way back any more");
      }
    }
    if (!Known.onlyLooks(step)) {
      return Verdict.RUN;
    }
    return machine(cell);
  }

  /** The first step of the same part that is of that kind stands for the others. */
  private Verdict first(Cell cell, Predicate<Step> kind, String reason) {
    List<Step> alike = new ArrayList<>(steps);
    alike.removeIf(
        step ->
            step.part() != cell.step().part()
                || step.id().equals(Known.UNDONE)
                || Known.rehearses(step.id())
                || Known.byHand(step)
                || !kind.test(step));
    Step first = alike.isEmpty() ? cell.step() : alike.get(0);
    return first.equals(cell.step())
        ? Verdict.RUN
        : Verdict.folded(new Cell(first, cell.fault()), reason);
  }
}
