package io.pryv.migration.process;

import org.camunda.bpm.engine.delegate.DelegateExecution;
import org.camunda.bpm.engine.delegate.JavaDelegate;

/**
 * A service task: reads typed inputs, calls one domain class, writes typed outputs. A failure that
 * it throws becomes an incident, which the operator retries in Cockpit; so {@link #perform} looks
 * first, acts only if needed and proves the result.
 */
public abstract class StepDelegate implements JavaDelegate {

  private final StepContexts contexts;

  protected StepDelegate(StepContexts contexts) {
    this.contexts = contexts;
  }

  @Override
  public final void execute(DelegateExecution execution) {
    contexts.during(execution, this::perform);
  }

  /** Does the step. */
  protected abstract void perform(StepContext step);
}
