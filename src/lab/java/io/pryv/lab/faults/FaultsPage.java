package io.pryv.lab.faults;

import io.pryv.lab.faults.Matrix.Verdict;
import java.util.Map;

/** docs/faults.md. */
final class FaultsPage {

  private static final String HEAD =
      """
      # What happens when something dies?

      Every step under every fault, on the practice platform with 500 users, under traffic. A fault is injected at a
      named point of the step, never after a time; the migration is then resumed as an operator would, or rolled back.
      A cell *holds* when, seen from outside, no acknowledged registration was lost, one Redis after the other took the
      writes and none in between, no answer was wrong, clients are served at the end, and the register is *moved* or *as before*;
      after a rollback every file of CONF_ROOT (without Redis' data and logs) and of the ssh directories is the same
      to the byte, and so is what runs.

      Written by `script/faults`, which runs what has not been run yet; `script/faults STEP FAULT` runs one cell again,
      `script/faults --list` tells which cells stand for others and why. *Outage* is what clients missed in all from
      the fault to the recovery, for a fault in the cold window from its beginning: it holds what the window costs without any fault, too. *Recovery* is the time
      until the step was through, or source back. Cells of one migration are told apart by their time.

      At *Switch from source to dest* the faults come while the script on source runs that makes the switch; where the program is killed, it
      stays dead until the script has ended and clients are served, and a cell does not hold if that takes 5 s. Between two of the
      script's sub-steps lie a few milliseconds, too short to be met from outside, and to hold it there is a fault of its own. They
      are met inside, with real Redis, nginx and sshd under traffic, by `script/test switch` (`SwitchScriptTest`):

      | fault | met at |
      |---|---|
      | the script is killed | connected, ready, fence, held, caught-up, promote, promoted, moved, reloaded, turned, proxying, linked |
      | so is the process that watches it | ready, fence, held, caught-up, promote, promoted, moved, reloaded, turned, proxying, linked; the watcher alone: held |
      | it stands still | held, promote, promoted |
      | source loses its power, and the notes that were not waited for | fence, promote, promoted, turned |
      | the connection to dest is cut | held, promote (before and after dest is elected), promoted, moved, turned |
      | dest's Redis is killed | held, promote (before and after dest is elected), promoted, moved, turned |
      | the tunnel is dead | dest's to source: ready; source's to dest: reloaded |
      | nginx refuses its file | moved |
      | the deadline passes | caught-up, and where dest never comes so far |
      | dest begins to rewrite its AOF | before the fence, and behind it |

      """;

  private FaultsPage() {}

  /** The page, with what is known of each cell. */
  static String of(Matrix matrix, Map<String, Result> results) {
    long run = matrix.toRun().size();
    long held =
        matrix.toRun().stream()
            .filter(cell -> results.containsKey(cell.id()) && results.get(cell.id()).holds())
            .count();
    long failed =
        matrix.toRun().stream()
            .filter(cell -> results.containsKey(cell.id()) && !results.get(cell.id()).holds())
            .count();
    StringBuilder page = new StringBuilder(HEAD);
    page.append(
        "%d cells: %d are run (%d hold, %d do not, %d not run yet), the others stand below with their reason.%n%n"
            .formatted(matrix.cells().size(), run, held, failed, run - held - failed));
    page.append("## Cells that are run\n\n");
    page.append(
        """
        | step | fault | outcome | HTTP ms | DNS ms | writes ms | recovery s | retries | date, commit |
        |---|---|---|--:|--:|--:|--:|--:|---|
        """);
    matrix
        .cells()
        .forEach(
            (cell, verdict) -> {
              Result result = results.get(cell.id());
              if (verdict.run() || result != null) {
                page.append(row(cell, result));
              }
            });
    page.append("\n## Cells that are not run\n\n| step | fault | why |\n|---|---|---|\n");
    matrix
        .cells()
        .forEach(
            (cell, verdict) -> {
              if (!verdict.run() && !results.containsKey(cell.id())) {
                page.append(
                    "| %s | %s | %s |%n"
                        .formatted(cell.step().name(), cell.fault().words, why(verdict)));
              }
            });
    return page.toString();
  }

  private static String row(Cell cell, Result result) {
    String begin = "| %s | %s | ".formatted(cell.step().name(), cell.fault().words);
    if (result == null) {
      return begin + "*not run yet* | | | | | | |\n";
    }
    return begin
        + "%s | %d | %d | %d | %.1f | %d | %s, %s |%n"
            .formatted(
                result.holds()
                    ? result.outcome()
                    : "**does not hold**: " + cell(String.join("; ", result.problems())),
                result.httpMs(),
                result.dnsMs(),
                result.writesMs(),
                result.recoveryMs() / 1000.0,
                result.retries(),
                result.date(),
                result.commit());
  }

  private static String why(Verdict verdict) {
    return verdict
        .equal()
        .map(
            other ->
                "as *%s*, %s: %s"
                    .formatted(other.step().name(), other.fault().words, verdict.reason()))
        .orElse("cannot happen: " + verdict.reason());
  }

  /** Text that fits into a cell of a table. */
  private static String cell(String text) {
    String line = text.replace('\n', ' ').replace("|", "\\|");
    return line.length() <= 300 ? line : line.substring(0, 300) + "…";
  }
}
