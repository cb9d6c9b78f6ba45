package io.pryv.migration.process;

import org.camunda.bpm.engine.BadUserRequestException;
import org.camunda.bpm.engine.delegate.DelegateExecution;
import org.camunda.bpm.engine.delegate.JavaDelegate;
import org.springframework.stereotype.Component;

/**
 * Finds the migration that is to be rolled back, within the transaction that starts the process
 * "Roll a migration back": whoever asks is told at once when he may not, or when there is nothing
 * to roll back.
 */
@Component("checkRollback")
class CheckRollbackDelegate implements JavaDelegate {

  private final Rollback rollback;
  private final Wishes wishes;

  CheckRollbackDelegate(Rollback rollback, Wishes wishes) {
    this.rollback = rollback;
    this.wishes = wishes;
  }

  @Override
  public void execute(DelegateExecution execution) {
    Object wanted = execution.getVariable("migration");
    if (!(wanted instanceof String text) || text.isBlank()) {
      throw new BadUserRequestException(
          "migration: expected the domain or the id of a migration, found " + wanted);
    }
    String migration = rollback.find(text);
    try {
      rollback.refuseUnlessPossible(migration);
    } catch (Rollback.Refused e) {
      throw new BadUserRequestException(e.getMessage(), e);
    }
    wishes.keep(
        execution.getProcessInstanceId(),
        rollback.wish(migration, String.valueOf(execution.getVariable("reason"))));
    execution.setVariable("migration", migration);
  }
}
