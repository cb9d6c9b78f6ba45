package io.pryv.migration.engine;

import org.camunda.bpm.engine.delegate.DelegateExecution;

/** Hears of steps, gateways and ends that are about to be passed. */
public interface BeginListener {

  /**
   * A service task, an exclusive gateway or an end event begins, before anything of it is done.
   *
   * @throws RuntimeException when it must not: its job fails, or the request that leads there
   */
  void begins(DelegateExecution execution);
}
