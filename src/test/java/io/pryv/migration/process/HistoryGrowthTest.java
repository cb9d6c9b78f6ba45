package io.pryv.migration.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.camunda.bpm.engine.OptimisticLockingException;
import org.camunda.bpm.engine.exception.NullValueException;
import org.camunda.bpm.engine.runtime.Job;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.JdbcTemplate;

/** What days of looking at the delegation, or for silence, leave in the database. */
class HistoryGrowthTest extends EngineTest {

  private static final int ROUNDS = 100;

  /** {@code checkEvery} is a minute unless the platform file says otherwise. */
  private static final int ROUNDS_IN_TEN_DAYS = 10 * 24 * 60;

  @Autowired JdbcTemplate database;

  @Test
  void aRoundOfWaitingLeavesFewRowsInHistoryAndNoneInOurs() {
    steps.on(
        "watchDelegation",
        (step, call) -> {
          step.put("delegationMoved", false);
          step.put("delegationStuck", false);
        });
    String migration = start();
    go(migration);
    complete(migration, "nameServers", Map.of("nameServersDecision", "changed"));
    goRound(migration, 3);
    Map<String, Long> before = rows();
    goRound(migration, ROUNDS);
    Map<String, Long> after = rows();

    Map<String, Double> perRound = new TreeMap<>();
    after.forEach(
        (table, rows) -> {
          long more = rows - before.getOrDefault(table, 0L);
          if (more > 0) {
            perRound.put(table, (double) more / ROUNDS);
          }
        });
    double all = perRound.values().stream().mapToDouble(Double::doubleValue).sum();
    double bytes =
        perRound.entrySet().stream()
            .mapToDouble(one -> one.getValue() * bytesOfRow(one.getKey(), after.get(one.getKey())))
            .sum();
    System.out.printf(
        "rows a round: %.1f, in ten days: %,.0f (%.0f MB); %s%n",
        all, all * ROUNDS_IN_TEN_DAYS, bytes * ROUNDS_IN_TEN_DAYS / 1e6, perRound);
    assertThat(all).as(perRound.toString()).isLessThan(20);
    assertThat(perRound.keySet()).noneMatch(table -> table.startsWith("MIGRATION_"));
  }

  /** With its entries in the indexes. */
  private double bytesOfRow(String table, long rows) {
    return database.queryForObject("select DISK_SPACE_USED('" + table + "')", Double.class) / rows;
  }

  /** Lets the wait be over at once, so many times. */
  private void goRound(String migration, int rounds) {
    int until = steps.calls("watchDelegation") + rounds;
    while (steps.calls("watchDelegation") < until) {
      for (Job wait :
          engine
              .getManagementService()
              .createJobQuery()
              .processInstanceId(migration)
              .activityId("delegationWait")
              .list()) {
        try {
          engine.getManagementService().executeJob(wait.getId());
        } catch (OptimisticLockingException | NullValueException takenByTheEngine) {
          // The wait was over by itself.
        }
      }
    }
  }

  private Map<String, Long> rows() {
    List<String> tables =
        database.queryForList(
            "select TABLE_NAME from INFORMATION_SCHEMA.TABLES where TABLE_SCHEMA = 'PUBLIC'"
                + " and (TABLE_NAME like 'ACT_HI%' or TABLE_NAME like 'ACT_RU%'"
                + " or TABLE_NAME like 'ACT_GE_B%' or TABLE_NAME like 'MIGRATION%')",
            String.class);
    Map<String, Long> rows = new TreeMap<>();
    tables.forEach(
        table ->
            rows.put(table, database.queryForObject("select count(*) from " + table, Long.class)));
    return rows;
  }
}
