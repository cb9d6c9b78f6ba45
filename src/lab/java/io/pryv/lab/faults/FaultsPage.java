package io.pryv.lab.faults;

import com.fasterxml.jackson.databind.JsonNode;
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

      ## What a power cut is

      CONF_ROOT and root's home, with Redis' data and our notes, are file systems of their own on source and on dest: XFS on a file
      behind a loop device. At a cut the machine is frozen, the two file systems are shut down without their log being
      written (`xfs_io -x -c shutdown`), and the machine is killed; then they are mounted again, the log is replayed, and
      it boots with another boot id. What was written and not synced is gone, but for what the kernel had written by itself
      (after 30 s). Each cut proves that it was one: a file written right before it, and not synced, has to be gone,
      one that was synced has to be there; `PowerCutTest` shows both, and that a cut that is none is told. A device mapper (`dm-flakey`)
      is not in every kernel, LazyFS in no registry. Outside of those two file systems a cut is a kill, as before: Docker's own files, the
      machine's programs, and nginx' access log, by which it is judged who took a write.

      With `appendfsync everysec` any Redis loses in a cut what it acknowledged in the last second or two, when no other has it: a writer that
      is cut **before** the next one is elected comes back without them, and who follows it follows that. No migration can mend this, so
      it is told apart: *lost by everysec* are writes that the cut machine itself had acknowledged at most 2 s before the cut, and before
      another one was elected. Every other missing write lets a cell fail.

      Power cuts marked † were made by `docker kill` alone, before there were such disks: they lost no page.

      """;

  /** From that day on a power cut takes what was not synced. */
  private static final String FIRST_REAL_CUT = "2026-11-29";

  private FaultsPage() {}

  /**
   * The page, with what is known of each cell.
   *
   * @param powerCuts the migrations of {@link PowerCuts} that are kept
   */
  static String of(Matrix matrix, Map<String, Result> results, JsonNode powerCuts) {
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
    page.append(PowerCuts.section(powerCuts));
    page.append("## The matrix\n\n");
    page.append(
        "%d cells: %d are run (%d hold, %d do not, %d not run yet), the others stand below with their reason.%n%n"
            .formatted(matrix.cells().size(), run, held, failed, run - held - failed));
    page.append("### Cells that are run\n\n");
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
    page.append("\n### Cells that are not run\n\n| step | fault | why |\n|---|---|---|\n");
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
    String begin =
        "| %s | %s%s | "
            .formatted(
                cell.step().name(), cell.fault().words, onlyKilled(cell, result) ? " †" : "");
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

  private static boolean onlyKilled(Cell cell, Result result) {
    return cell.fault() == Fault.POWER_CUT
        && result != null
        && result.date().compareTo(FIRST_REAL_CUT) < 0;
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
  static String cell(String text) {
    String line = text.replace('\n', ' ').replace("|", "\\|");
    return line.length() <= 300 ? line : line.substring(0, 300) + "…";
  }
}
