package io.pryv.migration.preflight;

import io.pryv.migration.machine.ServerIdentity;
import io.pryv.migration.platform.ColdOutage;
import io.pryv.migration.platform.Layout;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What preflight found.
 *
 * @param findings in the order of the checks
 * @param layouts by the machines' names; a machine whose layout is not known is missing
 * @param redisBytes size of source's Redis data on disk
 * @param outage an estimate of the cold window
 * @param strategy how dest will take over, and why
 * @param edits what will be changed in which file, as diffs, by {@code machine: file}
 * @param destIdentity by what dest is known over TLS, if its files tell
 */
public record PreflightReport(
    List<Finding> findings,
    Map<String, Layout> layouts,
    long redisBytes,
    ColdOutage outage,
    LiveChecks.Decision strategy,
    Map<String, String> edits,
    Optional<ServerIdentity> destIdentity) {

  public int stops() {
    return count(Finding.Level.STOP);
  }

  public int warnings() {
    return count(Finding.Level.WARN);
  }

  public int passes() {
    return count(Finding.Level.PASS);
  }

  private int count(Finding.Level level) {
    return (int) findings.stream().filter(finding -> finding.level() == level).count();
  }

  /** For the form and the report: stops first, then warnings, then the passes in short. */
  public String toMarkdown() {
    StringBuilder text = new StringBuilder();
    text.append(
        "**%d stop, %d warnings, %d passed.** %sRedis data: %,d bytes.%n%n"
            .formatted(
                stops(),
                warnings(),
                passes(),
                strategy.strategy().equals("cold")
                    ? "Expected outage: about %d s. "
                        .formatted((outage.total().toMillis() + 999) / 1000)
                    : "",
                redisBytes));
    problems(text, "Stops: nothing can begin before these are mended", Finding.Level.STOP);
    problems(text, "Warnings", Finding.Level.WARN);
    if (!edits.isEmpty()) {
      text.append("### What will be edited\n\n");
      edits.forEach(
          (file, diff) ->
              text.append("`")
                  .append(file)
                  .append("`\n\n```diff\n")
                  .append(diff)
                  .append("```\n\n"));
    }
    if (passes() > 0) {
      text.append("### Passed\n\n| machine | what | found |\n|---|---|---|\n");
      for (Finding finding : findings) {
        if (finding.level() == Finding.Level.PASS) {
          row(text, finding.machine(), finding.check(), finding.found());
        }
      }
    }
    return text.toString();
  }

  /** A list, since the columns of a table would be too narrow for these sentences. */
  private void problems(StringBuilder text, String title, Finding.Level level) {
    if (count(level) == 0) {
      return;
    }
    text.append("### ").append(title).append("\n\n");
    for (Finding finding : findings) {
      if (finding.level() == level) {
        text.append(
            "- **%s**: %s%n  - expected: %s%n  - found: %s%n  - next: %s%n"
                .formatted(
                    finding.machine(),
                    oneLine(finding.check()),
                    oneLine(finding.expected()),
                    oneLine(finding.found()),
                    oneLine(finding.next())));
      }
    }
    text.append("\n");
  }

  private static void row(StringBuilder text, String... cells) {
    text.append('|');
    for (String cell : cells) {
      text.append(' ').append(oneLine(cell).replace("|", "\\|")).append(" |");
    }
    text.append('\n');
  }

  private static String oneLine(String text) {
    return text.strip().replaceAll("\\s*\\R\\s*", " ↵ ");
  }
}
