package io.pryv.lab.faults;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/** script/faults: runs cells of the fault matrix, keeps their results, writes docs/faults.md. */
public final class Faults {

  private final Path root = Path.of("").toAbsolutePath();
  private final Path home = root.resolve("target/faults");

  /**
   * Next to the page that is drawn from it, so that a run of hours can go on in another checkout.
   */
  private final Path kept = root.resolve("docs/faults.json");

  private final List<Step> steps;
  private final Matrix matrix;

  private Faults() throws IOException {
    steps = ProcessSteps.of(root.resolve("bpmn/register-migration.bpmn"));
    matrix = new Matrix(steps);
  }

  /**
   * Called by script/faults, in the checkout.
   *
   * @param arguments none, {@code --list}, {@code --smoke}, {@code --page}, {@code --power-cuts N},
   *     or steps and faults
   */
  public static void main(String[] arguments) throws IOException {
    System.setProperty("slf4j.internal.verbosity", "ERROR");
    Faults faults = new Faults();
    boolean held =
        (arguments.length == 2 && arguments[0].equals("--power-cuts"))
            ? faults.cutPower(Integer.parseInt(arguments[1]))
            : faults.run(arguments);
    System.exit(held ? 0 : 1);
  }

  private boolean cutPower(int migrations) throws IOException {
    Files.createDirectories(home);
    boolean held = new PowerCuts(root, home, matrix).run(migrations);
    return writePage() && held;
  }

  private boolean run(String[] arguments) throws IOException {
    return switch (String.join(" ", arguments)) {
      case "" -> runAll();
      case "--smoke" -> runAnew(matrix.smoke());
      case "--list" -> list();
      case "--page" -> writePage();
      default -> runAnew(named(arguments));
    };
  }

  private List<Cell> named(String[] arguments) {
    List<Cell> cells = new ArrayList<>();
    for (int i = 0; i + 1 < arguments.length; i += 2) {
      matrix.find(arguments[i], arguments[i + 1]).ifPresent(cells::add);
    }
    if (arguments.length != cells.size() * 2) {
      System.err.println(
          "script/faults: expected steps and faults of script/faults --list, found: "
              + String.join(" ", arguments));
      System.exit(2);
    }
    return cells;
  }

  private boolean list() {
    matrix
        .cells()
        .forEach(
            (cell, verdict) ->
                System.out.printf(
                    "%-22s %-17s %s%n",
                    cell.step().id(),
                    cell.fault().id,
                    verdict.run()
                        ? "run"
                        : verdict
                                .equal()
                                .map(other -> "as " + other.id() + ": ")
                                .orElse("cannot happen: ")
                            + verdict.reason()));
    System.out.printf(
        "%d cells, %d of them run, in %d migrations%n",
        matrix.cells().size(), matrix.toRun().size(), Packing.of(matrix.toRun(), steps).size());
    return true;
  }

  private boolean runAll() throws IOException {
    Map<String, Result> known = results();
    List<Cell> left =
        matrix.toRun().stream()
            .filter(cell -> !known.containsKey(cell.id()) || !known.get(cell.id()).holds())
            .toList();
    return runAnew(left);
  }

  private boolean runAnew(List<Cell> cells) throws IOException {
    Files.createDirectories(home);
    Instant began = Instant.now();
    List<Cell> left = new ArrayList<>(cells);
    List<Result> all = new ArrayList<>();
    boolean alone = false;
    while (!left.isEmpty()) {
      List<List<Cell>> runs =
          alone ? left.stream().map(List::of).toList() : Packing.of(left, steps);
      List<Cell> unseen = new ArrayList<>();
      for (List<Cell> run : runs) {
        List<Result> results = run(run);
        all.addAll(results);
        run.stream()
            .filter(cell -> results.stream().noneMatch(result -> result.cell().equals(cell.id())))
            .forEach(unseen::add);
      }
      // A cell behind one that got stuck was not reached: it has a migration of its own.
      if (alone) {
        unseen.forEach(cell -> System.out.println("not reached: " + cell));
        break;
      }
      alone = true;
      left = unseen;
    }
    writePage();
    long failed = all.stream().filter(result -> !result.holds()).count();
    System.out.printf(
        "%d cells hold, %d do not; %d s%n",
        all.size() - failed, failed, Duration.between(began, Instant.now()).toSeconds());
    return failed == 0 && all.size() >= cells.size();
  }

  private List<Result> run(List<Cell> cells) throws IOException {
    Instant began = Instant.now();
    System.out.println(
        "migration with " + cells.stream().map(Cell::toString).collect(Collectors.joining(", ")));
    Path directory = home.resolve("run-" + began.toEpochMilli());
    Files.createDirectories(directory);
    List<Result> results = new MigrationRun(root, directory, cells).run();
    keep(results);
    for (Result result : results) {
      System.out.printf(
          "%s %-40s %s; outage HTTP %d, DNS %d, writes %d ms; recovered in %d ms; %d retries %s%n",
          result.holds() ? "holds" : "FAILS",
          result.cell(),
          result.outcome(),
          result.httpMs(),
          result.dnsMs(),
          result.writesMs(),
          result.recoveryMs(),
          result.retries(),
          result.problems().isEmpty() ? "" : result.problems());
    }
    System.out.printf("took %d s%n", Duration.between(began, Instant.now()).toSeconds());
    return results;
  }

  private boolean writePage() throws IOException {
    Files.writeString(
        root.resolve("docs/faults.md"),
        FaultsPage.of(matrix, results(), PowerCuts.read(PowerCuts.file(root))));
    return true;
  }

  /** Adds them to those that are kept, in the order of the matrix; cells that are no more go. */
  private void keep(List<Result> fresh) throws IOException {
    Map<String, Result> all = results();
    fresh.forEach(result -> all.put(result.cell(), result));
    Files.writeString(
        kept,
        Result.toJson(
            matrix.cells().keySet().stream()
                .map(cell -> all.get(cell.id()))
                .filter(Objects::nonNull)
                .toList()));
  }

  /** Those of this and earlier runs, by cell. */
  private Map<String, Result> results() throws IOException {
    return Files.exists(kept)
        ? Result.fromJson(new ObjectMapper().readTree(kept.toFile()))
        : new LinkedHashMap<>();
  }
}
