package io.pryv.migration.process;

import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Repository;

/**
 * The reports of migrations that are over. They stay, whatever becomes of the engine's history;
 * what else was written down of a migration goes when that goes.
 */
@Repository
class Archive {

  /** Tables whose rows are in the report, or only of use as long as the migration runs. */
  private static final List<String> IN_THE_REPORT =
      List.of(
          "MIGRATION_STEP",
          "MIGRATION_JOURNAL",
          "MIGRATION_EVIDENCE",
          "MIGRATION_DECISION",
          "MIGRATION_SEAL",
          "MIGRATION_WISH");

  private final JdbcTemplate database;

  Archive(JdbcTemplate database) {
    this.database = database;
  }

  /** How a migration began. */
  record Beginning(String domain, String who, Instant when) {}

  /**
   * How a migration began that ends now. The engine's own query would take the row into the cache
   * of the command that ends it, which then would not write the end.
   */
  Optional<Beginning> beginning(String migration) {
    return database
        .query(
            "select BUSINESS_KEY_, START_USER_ID_, START_TIME_ from ACT_HI_PROCINST where ID_ = ?",
            (row, number) ->
                new Beginning(
                    row.getString("BUSINESS_KEY_"),
                    row.getString("START_USER_ID_"),
                    row.getTimestamp("START_TIME_").toInstant()),
            migration)
        .stream()
        .findFirst();
  }

  /**
   * Keeps a report for good, within the transaction that ends its migration. The engine may tell of
   * an end twice, as of a deletion: the last one counts.
   */
  void keep(Report report) {
    database.update("delete from MIGRATION_REPORT where MIGRATION = ?", report.migration());
    database.update(
        "insert into MIGRATION_REPORT (MIGRATION, STARTED, REPORT) values (?, ?, ?)",
        report.migration(),
        report.startedAt().atOffset(ZoneOffset.UTC),
        report.json());
  }

  Optional<Report> find(String migration) {
    return database
        .queryForList(
            "select REPORT from MIGRATION_REPORT where MIGRATION = ?", String.class, migration)
        .stream()
        .findFirst()
        .map(Archive::report);
  }

  /** The reports of which the engine knows nothing any more, the newest first. */
  List<Report> withoutHistory() {
    return database
        .queryForList(
            "select REPORT from MIGRATION_REPORT where MIGRATION not in"
                + " (select ID_ from ACT_HI_PROCINST) order by STARTED desc",
            String.class)
        .stream()
        .map(Archive::report)
        .toList();
  }

  /** Removes what was written down of migrations of which the engine knows nothing any more. */
  void clean() {
    for (String table : IN_THE_REPORT) {
      database.update(
          "delete from "
              + table
              + " where MIGRATION in (select MIGRATION from MIGRATION_REPORT where MIGRATION not in"
              + " (select ID_ from ACT_HI_PROCINST))");
    }
  }

  private static Report report(String json) {
    return Values.fromVariable("report", json, Report.class);
  }
}
