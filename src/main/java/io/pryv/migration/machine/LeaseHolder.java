package io.pryv.migration.machine;

/**
 * Who acts on a machine, as its lease names it. The last two numbers are a token that only grows:
 * of two that belong to the same migration of the same application, the higher one goes on and the
 * other one has been overtaken.
 *
 * @param migration the migration's id
 * @param application id of the database that the program works with; outlives its restarts
 * @param incarnation how often a program has been started on that database
 * @param run number of the step's run in the logbook
 * @param domain what is migrated, for humans
 * @param program where it runs, for humans: host and process
 */
public record LeaseHolder(
    String migration,
    String application,
    long incarnation,
    long run,
    String domain,
    String program) {

  /** Whether both are steps of one migration of one application. */
  public boolean sameMigrationAs(LeaseHolder other) {
    return migration.equals(other.migration) && application.equals(other.application);
  }

  /** In the operator's words. */
  public String described() {
    return "migration %s of %s, program on %s (start %d, run %d)"
        .formatted(migration, domain, program, incarnation, run);
  }

  /** What the lease file says of it, a line each. */
  String lines() {
    return "migration "
        + word(migration, 64)
        + "\napplication "
        + word(application, 64)
        + "\nincarnation "
        + incarnation
        + "\nrun "
        + run
        + "\ndomain "
        + word(domain, 253)
        + "\nprogram "
        + word(program, 120);
  }

  private static String word(String text, int longest) {
    String safe = text.replaceAll("[^A-Za-z0-9._:@ -]", "_").strip();
    return safe.substring(0, Math.min(longest, safe.length()));
  }
}
