package io.pryv.migration.process;

import io.pryv.migration.platform.StepFailure;

/** What a migration is started for. The diagram's gateway before the gate reads it. */
enum Purpose {
  MIGRATE("migrate"),
  /** Everything up to the switch, measured, and all the way back. */
  REHEARSE("rehearse");

  /** The process variable; nothing at all means to migrate. */
  static final String VARIABLE = "purpose";

  private final String word;

  Purpose(String word) {
    this.word = word;
  }

  /** As the start form, REST and the diagram say it. */
  String word() {
    return word;
  }

  /**
   * What the start form, or a program in its place, says.
   *
   * @throws StepFailure when that is no purpose
   */
  static Purpose of(Object said) {
    String text = said == null || said.toString().isEmpty() ? MIGRATE.word : said.toString();
    for (Purpose purpose : values()) {
      if (purpose.word.equals(text)) {
        return purpose;
      }
    }
    throw new StepFailure(
        "this program",
        "start form, " + VARIABLE,
        "one of migrate, rehearse",
        "\"" + text + "\"",
        "start again with one of them; nothing was touched");
  }
}
