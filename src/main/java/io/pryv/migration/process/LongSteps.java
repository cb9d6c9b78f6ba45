package io.pryv.migration.process;

import java.time.Clock;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.Set;
import org.camunda.bpm.engine.RuntimeService;
import org.camunda.bpm.engine.runtime.Incident;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * Tells of steps that take longer than any step should: what takes long by its nature, such as a
 * copy, is a job of the machine that is looked at in rounds.
 */
@Component
class LongSteps {

  /** Type of the incident. */
  static final String INCIDENT = "stepTakesLong";

  /** Five times what the longest step of a whole demo takes, the watch for silence. */
  static final Duration USUAL = Duration.ofMinutes(2);

  private static final Logger LOG = LoggerFactory.getLogger(LongSteps.class);

  private final RuntimeService runtime;
  private final RecordedSteps steps;
  private final Clock clock;

  LongSteps(RuntimeService runtime, RecordedSteps steps, Clock clock) {
    this.runtime = runtime;
    this.steps = steps;
    this.clock = clock;
  }

  /**
   * Raises alarms, and ends them when the migration has moved on and no step is at work: the engine
   * runs a step once more when an alarm was raised or ended beside it.
   */
  void look() {
    Set<String> told = new HashSet<>();
    for (Incident alarm : runtime.createIncidentQuery().incidentType(INCIDENT).list()) {
      boolean there =
          runtime
                  .createExecutionQuery()
                  .executionId(alarm.getExecutionId())
                  .activityId(alarm.getActivityId())
                  .count()
              > 0;
      if (there) {
        told.add(alarm.getProcessInstanceId());
      } else if (!steps.busy(alarm.getProcessInstanceId())) {
        runtime.resolveIncident(alarm.getId());
      }
    }
    steps
        .atWork()
        .forEach(
            (migration, step) -> {
              if (!told.contains(migration) && step.since().plus(USUAL).isBefore(clock.instant())) {
                tell(migration, step);
              }
            });
  }

  private void tell(String migration, RecordedSteps.AtWork step) {
    String alarm =
        ("%s has been at work since %s; no step should take longer than %d minutes. It goes on, and"
                + " this migration waits for it. The migration's page shows the last change that it"
                + " began: look at that machine. A rollback overtakes it")
            .formatted(
                step.name(), step.since().truncatedTo(ChronoUnit.SECONDS), USUAL.toMinutes());
    Executions.leaf(runtime, migration)
        .ifPresent(
            where -> {
              LOG.error("{}: {}", migration, alarm);
              runtime.createIncident(INCIDENT, where, INCIDENT, alarm);
            });
  }
}
