package io.pryv.migration.process;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.pryv.migration.machine.Journal;
import io.pryv.migration.process.Logbook.Decision;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * One migration, told from its logbook.
 *
 * @param purpose {@code migrate} or {@code rehearse}
 * @param outcome {@code running}, {@code completed}, {@code rehearsed}, {@code rolledBack}, {@code
 *     aborted} (before anything was changed) or {@code deleted}
 * @param users how many users source held at its stop, or at preflight; null when never counted
 * @param strategy {@code live} or {@code cold}; null before preflight
 * @param strategyChosenBy {@code start form}, {@code platform file} or {@code auto}; null before
 *     preflight
 * @param strategyReason in words; null before preflight
 * @param expectedOutageMs as last shown at the gate, or as preflight estimates it; null before
 * @param expectedOutageFrom what of it was measured, in words; null before the gate
 * @param coldWindowMs cold: from the stop of source until dest answered through it; live: from the
 *     moment in which source refused writes until its nginx led to dest; null before
 * @param verification of the last comparison; values null before it
 * @param steps in the order they ran; rounds of one loop are one step
 * @param interventions what people did beside their decisions
 * @param edits files changed, without their bytes
 * @param evidence Markdown by name
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
public record Report(
    String migration,
    String domain,
    String purpose,
    String outcome,
    String startedBy,
    Instant startedAt,
    Instant endedAt,
    Long users,
    String strategy,
    String strategyChosenBy,
    String strategyReason,
    Long expectedOutageMs,
    String expectedOutageFrom,
    Long coldWindowMs,
    Verification verification,
    List<Step> steps,
    List<Decision> decisions,
    List<Intervention> interventions,
    List<CommandRun> commands,
    List<Edit> edits,
    Map<String, String> evidence) {

  /** What somebody did in Cockpit or over REST, such as an edit of a variable. */
  public record Intervention(Instant at, String who, String what) {}

  /** How source and dest compared. */
  public record Verification(
      Long keysCompared, Long keysDiffering, Long namesCompared, Long namesDiffering) {}

  /** A step as it ran. */
  public record Step(
      String id,
      String name,
      String machine,
      Instant startedAt,
      long durationMs,
      int rounds,
      String outcome,
      String said) {}

  /**
   * A command that changed something; exit code and duration are null when its end was not seen.
   */
  public record CommandRun(
      String step,
      String machine,
      String purpose,
      String script,
      Instant startedAt,
      Long durationMs,
      Integer exitCode) {}

  /**
   * A file that was changed.
   *
   * @param change {@code created}, {@code replaced} or {@code removed}
   * @param sha256Before of the bytes before, empty when there was no file
   * @param sha256After of the bytes after, empty when it was removed
   */
  public record Edit(
      String step,
      String machine,
      String path,
      String change,
      String sha256Before,
      String sha256After,
      Instant editedAt) {}

  /** The report as a machine reads it. */
  public String json() {
    return Values.prettyJson(this);
  }

  /** The report as people read it. */
  public String markdown() {
    StringBuilder text = new StringBuilder();
    text.append("# %s%n%n".formatted(title()));
    text.append("| | |\n|---|---|\n");
    fact(text, "migration", migration);
    fact(text, "started", startedAt + " by " + startedBy);
    fact(text, "ended", endedAt);
    fact(text, "users", users);
    fact(text, "strategy", strategyReason == null ? strategy : strategy + ": " + strategyReason);
    if (expectedOutageMs != null && coldWindowMs == null) {
      fact(text, "expected outage", FormText.duration(expectedOutageMs));
    }
    fact(text, "expected from", expectedOutageFrom);
    fact(
        text,
        "live".equals(strategy) ? "switch, from fence to nginx" : "cold window",
        coldWindowMs == null ? null : coldWindowMs + " ms");
    if (expectedOutageMs != null && coldWindowMs != null) {
      fact(
          text,
          "outage",
          "expected %s, came %s"
              .formatted(FormText.duration(expectedOutageMs), FormText.duration(coldWindowMs)));
    }
    if (verification.keysCompared() != null) {
      fact(
          text,
          "keys compared",
          "%d, %d differ".formatted(verification.keysCompared(), verification.keysDiffering()));
    }
    if (verification.namesCompared() != null) {
      fact(
          text,
          "names compared",
          "%d, %d differ".formatted(verification.namesCompared(), verification.namesDiffering()));
    }
    text.append("\n## Decisions\n\n| when | who | where | what |\n|---|---|---|---|\n");
    for (Decision decision : decisions) {
      row(text, decision.decided(), decision.who(), decision.task(), decision.what());
    }
    if (!interventions.isEmpty()) {
      text.append("\n## By hand\n\n| when | who | what |\n|---|---|---|\n");
      for (Intervention intervention : interventions) {
        row(text, intervention.at(), intervention.who(), intervention.what());
      }
    }
    text.append("\n## Steps\n\n| started | step | machine | ms | outcome | said |\n");
    text.append("|---|---|---|---|---|---|\n");
    for (Step step : steps) {
      row(
          text,
          step.startedAt(),
          step.name() + (step.rounds() > 1 ? " (" + step.rounds() + " rounds)" : ""),
          step.machine(),
          step.durationMs(),
          step.outcome(),
          step.said());
    }
    text.append("\n## Files changed\n\n| when | machine | file | change | sha256 after |\n");
    text.append("|---|---|---|---|---|\n");
    for (Edit edit : edits) {
      row(text, edit.editedAt(), edit.machine(), edit.path(), edit.change(), edit.sha256After());
    }
    evidence.forEach(
        (name, markdown) -> text.append("\n## Evidence: %s%n%n%s%n".formatted(name, markdown)));
    text.append("\n## Commands that changed something\n");
    for (CommandRun command : commands) {
      String fence = "`".repeat(Math.max(3, longestRunOfBackticks(command.script()) + 1));
      text.append(
          "%n%s, %s on %s: %s, %s%n%n%s%n%s%n%s%n"
              .formatted(
                  command.startedAt(),
                  command.step(),
                  command.machine(),
                  command.purpose(),
                  end(command.exitCode()),
                  fence,
                  command.script().strip(),
                  fence));
    }
    return text.toString();
  }

  private String title() {
    if (Purpose.of(purpose) == Purpose.MIGRATE) {
      return "Migration of %s: %s".formatted(domain, outcome);
    }
    return "Rehearsal of %s: %s"
        .formatted(
            domain,
            switch (outcome) {
              case Rehearsals.REHEARSED -> "Rehearsed: both machines are as before";
              case "rolledBack" -> "rolledBack before it had come up to the switch";
              default -> outcome;
            });
  }

  /** A command without an exit code may have been carried out, or not, or in part. */
  private static String end(Integer exitCode) {
    if (exitCode == null || exitCode == Journal.OUTCOME_UNKNOWN) {
      return "end not seen: the step looked what had become of it when it ran again";
    }
    return exitCode == Journal.REFUSED
        ? "not begun: somebody else held the machine"
        : "exit code " + exitCode;
  }

  private static int longestRunOfBackticks(String text) {
    int longest = 0;
    int run = 0;
    for (int i = 0; i < text.length(); i++) {
      run = text.charAt(i) == '`' ? run + 1 : 0;
      longest = Math.max(longest, run);
    }
    return longest;
  }

  private static void fact(StringBuilder text, String what, Object value) {
    if (value != null) {
      row(text, what, value);
    }
  }

  private static void row(StringBuilder text, Object... cells) {
    for (Object cell : cells) {
      text.append("| ")
          .append(String.valueOf(cell).strip().replace("|", "\\|").replace("\n", "<br>"))
          .append(' ');
    }
    text.append("|\n");
  }
}
