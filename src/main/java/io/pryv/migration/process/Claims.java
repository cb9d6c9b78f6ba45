package io.pryv.migration.process;

import io.pryv.migration.engine.CalledFromDiagram;
import io.pryv.migration.platform.Platform;
import io.pryv.migration.platform.StepFailure;
import java.util.List;
import org.camunda.bpm.engine.RuntimeService;
import org.camunda.bpm.engine.delegate.DelegateExecution;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

/**
 * One migration at a time for a domain, a source, a dest. A claim is made in the transaction that
 * starts the migration and given up in the one that ends it, however it ends. Called from the
 * diagram by its bean's name.
 */
@Component("claims")
public class Claims {

  private final JdbcTemplate database;
  private final RuntimeService runtime;

  Claims(JdbcTemplate database, RuntimeService runtime) {
    this.database = database;
    this.runtime = runtime;
  }

  /**
   * Claims the platform's domain and both masters.
   *
   * @throws StepFailure when another migration, which it names, holds one of them
   */
  void claim(String migration, Platform platform) {
    for (String claimed :
        List.of(
            "domain " + platform.domain(),
            "machine " + platform.source().publicAddress(),
            "machine " + platform.dest().publicAddress())) {
      refuseWhenTaken(claimed);
      try {
        database.update(
            "insert into MIGRATION_CLAIM (CLAIMED, MIGRATION) values (?, ?)", claimed, migration);
      } catch (DuplicateKeyException e) {
        throw taken(claimed, "one that started in the same moment", e);
      }
    }
  }

  private void refuseWhenTaken(String claimed) {
    for (String holder :
        database.queryForList(
            "select MIGRATION from MIGRATION_CLAIM where CLAIMED = ?", String.class, claimed)) {
      if (runtime.createProcessInstanceQuery().processInstanceId(holder).count() > 0) {
        throw taken(claimed, holder, null);
      }
      // It was deleted without its listeners: nobody holds this any more.
      database.update("delete from MIGRATION_CLAIM where MIGRATION = ?", holder);
    }
  }

  private static StepFailure taken(String claimed, String holder, Throwable cause) {
    return new StepFailure(
        "this program",
        "start of a migration",
        "no other migration of " + claimed,
        "migration " + holder + " is under way",
        "finish that one first, or roll it back; nothing was touched",
        cause);
  }

  /** The migration is over. */
  @CalledFromDiagram
  public void release(DelegateExecution execution) {
    database.update(
        "delete from MIGRATION_CLAIM where MIGRATION = ?", execution.getProcessInstanceId());
  }
}
