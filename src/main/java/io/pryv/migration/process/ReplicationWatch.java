package io.pryv.migration.process;

import io.pryv.migration.machine.LeaseHeld;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.camunda.bpm.engine.RuntimeService;
import org.camunda.bpm.engine.impl.persistence.entity.ExecutionEntity;
import org.camunda.bpm.engine.runtime.Execution;
import org.camunda.bpm.engine.runtime.Incident;
import org.camunda.bpm.engine.runtime.ProcessInstance;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;

/**
 * Looks after every migration whose source follows dest, for the days between {@code followDest}
 * and {@code retireSource}. Trouble is an incident in Cockpit, which goes away with the trouble.
 */
@Component
class ReplicationWatch implements SmartLifecycle {

  /** Type of the incident. */
  static final String INCIDENT = "sourceDoesNotFollow";

  /** Set by the diagram when source follows, and unset when it is about to be retired. */
  static final String FOLLOWS = "sourceFollows";

  private static final Logger LOG = LoggerFactory.getLogger(ReplicationWatch.class);

  /** Trouble must be known within 10 s: a dead tunnel lets DNS hang. */
  private static final long PAUSE_SECONDS = 3;

  private final StandingWatch watch;
  private final RecordedSteps steps;
  private final RuntimeService runtime;
  private ScheduledExecutorService clock;
  private ScheduledFuture<?> rounds;

  ReplicationWatch(StandingWatch watch, RecordedSteps steps, RuntimeService runtime) {
    this.watch = watch;
    this.steps = steps;
    this.runtime = runtime;
  }

  /** One look at every migration that is due for it. */
  void lookAround() {
    List<String> following =
        runtime
            .createProcessInstanceQuery()
            .variableValueEquals(FOLLOWS, true)
            .active()
            .list()
            .stream()
            .map(ProcessInstance::getId)
            .toList();
    for (String migration : following) {
      try {
        tell(migration, lookAt(migration));
      } catch (RuntimeException e) {
        // Such as a step that moved on in the same moment: the next look comes soon.
        LOG.debug("a look at {} came to nothing", migration, e);
      }
    }
    runtime.createIncidentQuery().incidentType(INCIDENT).list().stream()
        .filter(incident -> !following.contains(incident.getProcessInstanceId()))
        .forEach(incident -> runtime.resolveIncident(incident.getId()));
  }

  private Optional<String> lookAt(String migration) {
    try {
      return watch.look(
          steps.between(
              migration, "replicationWatch", name -> runtime.getVariable(migration, name)));
    } catch (LeaseHeld refused) {
      if (refused.overtaken()) {
        // A step began meanwhile: the next look tells what it has made of it.
        throw refused;
      }
      return Optional.of(String.valueOf(refused.getMessage()));
    } catch (RuntimeException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  private void tell(String migration, Optional<String> trouble) {
    Optional<Incident> told =
        runtime
            .createIncidentQuery()
            .processInstanceId(migration)
            .incidentType(INCIDENT)
            .list()
            .stream()
            .findFirst();
    boolean follows = Boolean.TRUE.equals(runtime.getVariable(migration, FOLLOWS));
    if (trouble.isPresent() && told.isEmpty() && follows) {
      LOG.error("source does not follow dest in {}: {}", migration, trouble.get());
      leaf(migration)
          .ifPresent(
              where ->
                  runtime.createIncident(INCIDENT, where.getId(), "replication", trouble.get()));
    } else if (trouble.isEmpty() && told.isPresent()) {
      LOG.info("source follows dest again in {}", migration);
      runtime.resolveIncident(told.get().getId());
    }
  }

  /** Where the migration stands: an incident belongs to an execution that stands at an activity. */
  private Optional<Execution> leaf(String migration) {
    return runtime.createExecutionQuery().processInstanceId(migration).list().stream()
        .filter(execution -> ((ExecutionEntity) execution).getActivityId() != null)
        .findFirst();
  }

  @Override
  public synchronized void start() {
    clock =
        Executors.newSingleThreadScheduledExecutor(
            work -> {
              Thread thread = new Thread(work, "replication-watch");
              thread.setDaemon(true);
              return thread;
            });
    rounds =
        clock.scheduleWithFixedDelay(this::round, PAUSE_SECONDS, PAUSE_SECONDS, TimeUnit.SECONDS);
  }

  private void round() {
    try {
      lookAround();
    } catch (RuntimeException e) {
      LOG.warn("the watch over replication could not look: {}", e.getMessage());
    }
  }

  @Override
  public synchronized void stop() {
    rounds.cancel(true);
    clock.shutdownNow();
    clock = null;
  }

  @Override
  public synchronized boolean isRunning() {
    return clock != null;
  }
}
