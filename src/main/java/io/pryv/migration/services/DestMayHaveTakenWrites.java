package io.pryv.migration.services;

import io.pryv.migration.platform.StepFailure;

/**
 * Source can not be put back as it was: its nginx may have led clients to dest, which may have
 * acknowledged what source lacks. The diagram catches it by its class's name where the cold window
 * can still go forward.
 */
public class DestMayHaveTakenWrites extends StepFailure {

  private static final long serialVersionUID = 1L;

  public DestMayHaveTakenWrites(String source, String nginx, String siteFile) {
    super(
        source,
        nginx,
        "not to have read " + siteFile + " since that points to dest",
        "it may have: clients may have written to dest",
        "dest may be the writer: from the cold window it goes forward by itself; in a rollback let"
            + " \"See who takes writes\" be run again (move the migration to findWriter; docs/operating.md tells how), and"
            + " dest's writes are carried to source");
  }
}
