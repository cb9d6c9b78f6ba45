package io.pryv.migration.process;

import java.util.Optional;
import org.camunda.bpm.engine.RuntimeService;
import org.camunda.bpm.engine.impl.persistence.entity.ExecutionEntity;
import org.camunda.bpm.engine.runtime.Execution;

/** Where migrations stand. */
final class Executions {

  private Executions() {}

  /** Where one stands: an incident belongs to an execution that stands at an activity. */
  static Optional<Execution> leaf(RuntimeService runtime, String migration) {
    return runtime.createExecutionQuery().processInstanceId(migration).list().stream()
        .filter(execution -> ((ExecutionEntity) execution).getActivityId() != null)
        .findFirst();
  }
}
