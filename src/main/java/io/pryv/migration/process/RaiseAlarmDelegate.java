package io.pryv.migration.process;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.camunda.bpm.engine.RuntimeService;
import org.camunda.bpm.engine.delegate.DelegateExecution;
import org.camunda.bpm.engine.delegate.JavaDelegate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * The outage is longer than allowed, but clients may have written to dest by now: going back would
 * lose that. Whoever watches is told; the steps go on.
 */
@Component("raiseAlarm")
class RaiseAlarmDelegate implements JavaDelegate {

  /** Type of the incident; it goes away by itself once dest answers through source. */
  static final String INCIDENT = "outageTooLong";

  private static final Logger LOG = LoggerFactory.getLogger(RaiseAlarmDelegate.class);

  private final Logbook logbook;
  private final RuntimeService runtime;
  private final Clock clock;

  RaiseAlarmDelegate(Logbook logbook, RuntimeService runtime, Clock clock) {
    this.logbook = logbook;
    this.runtime = runtime;
    this.clock = clock;
  }

  @Override
  public void execute(DelegateExecution execution) {
    Duration sofar =
        Duration.between(
            Instant.parse((String) execution.getVariable(ColdWindow.STARTED)), clock.instant());
    String alarm =
        "The outage lasts %d s, longer than allowed, and dest is elected: it goes forward only."
                .formatted(sofar.toSeconds())
            + " See what the steps of \"Hand over\" meet, and retry them.";
    LOG.error("{}: {}", execution.getProcessBusinessKey(), alarm);
    execution.setVariable("outageAlarm", alarm);
    logbook.passed(
        execution.getProcessInstanceId(),
        execution.getCurrentActivityId(),
        execution.getCurrentActivityName(),
        Duration.ZERO,
        alarm);
    for (String step : new String[] {"reloadProxy", "proveProxy"}) {
      runtime
          .createExecutionQuery()
          .processInstanceId(execution.getProcessInstanceId())
          .activityId(step)
          .list()
          .forEach(waiting -> runtime.createIncident(INCIDENT, waiting.getId(), step, alarm));
    }
  }
}
