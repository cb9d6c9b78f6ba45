package io.pryv.migration.process;

import org.camunda.bpm.engine.delegate.DelegateExecution;
import org.camunda.bpm.engine.delegate.JavaDelegate;
import org.springframework.stereotype.Component;

/** Asks for the rollback of the migration that was found. */
@Component("askForRollback")
class AskForRollbackDelegate implements JavaDelegate {

  private final Rollback rollback;

  AskForRollbackDelegate(Rollback rollback) {
    this.rollback = rollback;
  }

  @Override
  public void execute(DelegateExecution execution) {
    rollback.ask(
        (String) execution.getVariable("migration"),
        String.valueOf(execution.getVariable("reason")),
        String.valueOf(execution.getVariable("operator")));
  }
}
