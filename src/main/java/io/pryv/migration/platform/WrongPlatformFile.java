package io.pryv.migration.platform;

import java.util.List;

/** A platform file that can't be used. Nothing was touched: no machine has been reached yet. */
public class WrongPlatformFile extends StepFailure {

  private static final long serialVersionUID = 1L;

  private final List<String> problems;

  WrongPlatformFile(String file, List<String> problems) {
    super(
        "this program",
        "platform file " + file,
        "every property as docs/platform-file.md describes it",
        problems.size() == 1
            ? problems.get(0)
            : problems.size() + " problems:\n  - " + String.join("\n  - ", problems),
        "correct the file and start again; no machine was touched");
    this.problems = List.copyOf(problems);
  }

  /** Every problem found, each with the property's path and the bad value. */
  public List<String> problems() {
    return problems;
  }
}
