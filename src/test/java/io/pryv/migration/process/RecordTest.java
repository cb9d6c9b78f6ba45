package io.pryv.migration.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.camunda.bpm.engine.history.HistoricProcessInstance;
import org.camunda.bpm.engine.runtime.Incident;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.JdbcTemplate;

/** What was done stands in the report, and the report stays. */
class RecordTest extends EngineTest {

  @Autowired Reports reports;
  @Autowired Archive archive;
  @Autowired JdbcTemplate database;

  private String rolledBack() {
    String migration = start();
    complete(migration, "gate", Map.of("gateDecision", "rollBack", "rollbackReason", "rain"));
    endOf(migration);
    return migration;
  }

  private HistoricProcessInstance history(String migration) {
    return engine
        .getHistoryService()
        .createHistoricProcessInstanceQuery()
        .processInstanceId(migration)
        .singleResult();
  }

  @Test
  void whatIsDoneByHandStandsInTheReportWithWhoDidIt() {
    steps.failing("launchDest", 1, "docker is not there");
    String migration = start();
    Incident incident = incidentAt(migration, "launchDest");
    asAdmin(
        () -> {
          retry(incident);
          return null;
        });
    taskAt(migration, "gate");
    setAsAdmin(migration, "windowFailure", "mine");
    as(
        "eve",
        List.of("camunda-admin"),
        () -> {
          engine
              .getRuntimeService()
              .createProcessInstanceModification(migration)
              .startBeforeActivity("prepareGate")
              .cancelAllForActivity("gate")
              .setAnnotation("look again")
              .execute();
          return null;
        });
    taskAt(migration, "gate");

    Report report = reports.of(migration);
    assertThat(report.interventions())
        .extracting(Report.Intervention::who, Report.Intervention::what)
        .satisfiesExactly(
            retried -> assertThat(retried.toList().toString()).contains("admin", "SetJobRetries"),
            edited ->
                assertThat(edited.toList().toString())
                    .contains("admin", "Variable", "windowFailure = mine"),
            moved ->
                assertThat(moved.toList().toString())
                    .contains("eve", "ModifyProcessInstance", "look again"));
    assertThat(report.markdown()).contains("## By hand", "windowFailure = mine");
  }

  @Test
  void whatWasWrittenDownIsNotDeletedInPartsNorWhileTheMigrationRuns() {
    String migration = start();
    taskAt(migration, "gate");
    String definition = history(migration).getProcessDefinitionId();
    List<Supplier<Object>> deeds =
        List.of(
            deed(() -> engine.getHistoryService().deleteHistoricProcessInstance(migration)),
            deed(
                () ->
                    engine
                        .getHistoryService()
                        .deleteHistoricVariableInstancesByProcessInstanceId(migration)),
            deed(() -> engine.getHistoryService().deleteUserOperationLogEntry("x")),
            deed(() -> engine.getHistoryService().deleteHistoricTaskInstance("x")),
            deed(() -> engine.getRepositoryService().deleteProcessDefinition(definition, true)),
            deed(
                () ->
                    engine
                        .getRepositoryService()
                        .updateProcessDefinitionHistoryTimeToLive(definition, 0)),
            deed(
                () ->
                    engine
                        .getHistoryService()
                        .setRemovalTimeToHistoricProcessInstances()
                        .clearedRemovalTime()
                        .byIds(migration)
                        .executeAsync()));
    for (Supplier<Object> deed : deeds) {
      assertThatThrownBy(() -> asAdmin(deed))
          .hasMessageMatching("(?s).*(refused to everybody|still running).*");
    }
    assertThat(history(migration)).isNotNull();
  }

  private static Supplier<Object> deed(Runnable deed) {
    return () -> {
      deed.run();
      return null;
    };
  }

  @Test
  void aReportOutlivesTheDeletionOfItsMigrationAndOfItsHistory() {
    String migration = start();
    taskAt(migration, "gate");
    as(
        "eve",
        List.of("camunda-admin"),
        () -> {
          engine.getRuntimeService().deleteProcessInstance(migration, "no reason");
          return null;
        });
    asAdmin(
        () -> {
          engine.getHistoryService().deleteHistoricProcessInstance(migration);
          return null;
        });
    assertThat(history(migration)).isNull();

    Report report = reports.of(migration);
    assertThat(report.outcome()).isEqualTo("deleted");
    assertThat(report.startedBy()).isEqualTo("admin");
    assertThat(report.endedAt()).isNotNull();
    assertThat(report.interventions())
        .last()
        .satisfies(end -> assertThat(end.who()).isEqualTo("eve"));
    assertThat(reports.withoutHistory()).extracting(Report::migration).contains(migration);
  }

  @Test
  void whatHasOutlivedItsTimeIsCleanedInTheEnginesTablesAndInOursAndTheReportStays() {
    String migration = rolledBack();
    String younger = rolledBack();
    Report before = reports.of(migration);
    for (String table :
        database.queryForList(
            "select TABLE_NAME from INFORMATION_SCHEMA.COLUMNS where COLUMN_NAME = 'REMOVAL_TIME_'"
                + " and TABLE_NAME in (select TABLE_NAME from INFORMATION_SCHEMA.COLUMNS where"
                + " COLUMN_NAME = 'ROOT_PROC_INST_ID_')",
            String.class)) {
      database.update(
          "update "
              + table
              + " set REMOVAL_TIME_ = timestamp '2020-01-01 00:00:00'"
              + " where ROOT_PROC_INST_ID_ = ?",
          migration);
    }
    engine.getHistoryService().cleanUpHistoryAsync(true);
    eventually(() -> history(migration) == null ? true : null);
    archive.clean();

    for (String table : List.of("STEP", "JOURNAL", "EVIDENCE", "DECISION", "SEAL", "WISH")) {
      assertThat(
              database.queryForObject(
                  "select count(*) from MIGRATION_" + table + " where MIGRATION = ?",
                  Long.class,
                  migration))
          .as(table)
          .isZero();
    }
    assertThat(reports.of(migration)).isEqualTo(before);
    assertThat(before.markdown()).contains("rolledBack", "roll back: rain", "Take the preparation");
    assertThat(history(younger)).isNotNull();
    assertThat(logbook.steps(younger)).isNotEmpty();
  }

  @Test
  void aReportIsKeptAsItWasToldWhileTheMigrationRan() {
    String migration = rolledBack();

    assertThat(reports.of(migration).outcome()).isEqualTo("rolledBack");
    assertThat(reports.of(migration).decisions())
        .extracting(Logbook.Decision::what)
        .contains("start", "rollBack", "roll back: rain");
  }
}
