package io.pryv.migration.process;

import java.util.function.Consumer;
import org.camunda.bpm.engine.delegate.DelegateExecution;

/** Makes the context of a step from the engine's execution, and records how the step went. */
public interface StepContexts {

  void during(DelegateExecution execution, Consumer<StepContext> work);
}
