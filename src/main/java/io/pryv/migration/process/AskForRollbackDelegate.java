package io.pryv.migration.process;

import org.camunda.bpm.engine.AuthorizationException;
import org.camunda.bpm.engine.delegate.DelegateExecution;
import org.camunda.bpm.engine.delegate.JavaDelegate;
import org.springframework.stereotype.Component;

/**
 * Asks for the rollback of the migration that was found, in the name of whoever started this: what
 * he might and wished was kept then, and its variables have no say any more.
 */
@Component("askForRollback")
class AskForRollbackDelegate implements JavaDelegate {

  private final Rollback rollback;
  private final Wishes wishes;

  AskForRollbackDelegate(Rollback rollback, Wishes wishes) {
    this.rollback = rollback;
    this.wishes = wishes;
  }

  @Override
  public void execute(DelegateExecution execution) {
    rollback.carryOut(
        wishes
            .of(execution.getProcessInstanceId())
            .orElseThrow(
                () ->
                    new AuthorizationException(
                        "nobody who may has wished this rollback: start \"Roll a migration back\" at"
                            + " its beginning")));
  }
}
