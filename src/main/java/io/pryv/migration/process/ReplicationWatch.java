package io.pryv.migration.process;

import io.pryv.migration.machine.LeaseHeld;
import io.pryv.migration.process.StandingWatch.Finding;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.camunda.bpm.engine.RuntimeService;
import org.camunda.bpm.engine.impl.persistence.entity.ExecutionEntity;
import org.camunda.bpm.engine.runtime.Execution;
import org.camunda.bpm.engine.runtime.Incident;
import org.camunda.bpm.engine.runtime.ProcessInstance;
import org.camunda.bpm.engine.runtime.VariableInstance;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;

/**
 * Looks after every migration whose source follows dest, for the days between {@code followDest}
 * and {@code retireSource}. Trouble is an incident in Cockpit, which goes away with the trouble;
 * what was mended, and how long the trouble lasted, stands in the logbook.
 */
@Component
class ReplicationWatch implements SmartLifecycle {

  /** Type of the incident. */
  static final String INCIDENT = "sourceDoesNotFollow";

  /** Set by the diagram when source follows, and unset when it is about to be retired. */
  static final String FOLLOWS = "sourceFollows";

  /** Under this name its changes and notes stand in the logbook. */
  static final String STEP = "replicationWatch";

  private static final String NAME = "Watch over source, which follows dest";

  private static final Logger LOG = LoggerFactory.getLogger(ReplicationWatch.class);

  /**
   * Trouble must be known within 10 s, since a dead tunnel lets DNS hang: the pause between two
   * looks and the longest that a look is waited for, together.
   */
  private static final Duration PAUSE = Duration.ofSeconds(3);

  private static final Duration LONGEST_LOOK = Duration.ofSeconds(6);

  private final StandingWatch watch;
  private final RecordedSteps steps;
  private final RuntimeService runtime;
  private final Logbook logbook;

  /** Looks under way: one that hangs on a dead machine is waited for, not doubled. */
  private final Map<String, CompletableFuture<Finding>> looks = new ConcurrentHashMap<>();

  private ScheduledExecutorService clock;
  private ScheduledFuture<?> rounds;
  private ExecutorService eyes;

  ReplicationWatch(
      StandingWatch watch, RecordedSteps steps, RuntimeService runtime, Logbook logbook) {
    this.watch = watch;
    this.steps = steps;
    this.runtime = runtime;
    this.logbook = logbook;
  }

  /** One look at every migration that is due for it, at all of them at once. */
  void lookAround() {
    Set<String> active =
        runtime
            .createProcessInstanceQuery()
            .processDefinitionKey("register-migration")
            .active()
            .list()
            .stream()
            .map(ProcessInstance::getId)
            .collect(Collectors.toSet());
    List<String> following = new ArrayList<>();
    Set<String> watched = new HashSet<>();
    for (VariableInstance flag :
        runtime.createVariableInstanceQuery().variableName(FOLLOWS).list()) {
      String migration = flag.getProcessInstanceId();
      if (active.contains(migration) && !Boolean.FALSE.equals(flag.getValue())) {
        watched.add(migration);
        if (Boolean.TRUE.equals(flag.getValue())) {
          following.add(migration);
        } else {
          tell(migration, List.of(nonsense(flag.getValue())));
        }
      }
    }
    long end = System.nanoTime() + LONGEST_LOOK.toNanos();
    Map<String, CompletableFuture<Finding>> begun = new LinkedHashMap<>();
    following.forEach(migration -> begun.put(migration, lookAt(migration)));
    begun.forEach(
        (migration, look) -> {
          try {
            Finding found = await(look, end);
            tell(migration, found.troubles());
            mend(migration, found.remedies());
          } catch (RuntimeException e) {
            // Such as a step that moved on in the same moment: the next look comes soon.
            LOG.debug("a look at {} came to nothing", migration, e);
          }
        });
    runtime.createIncidentQuery().incidentType(INCIDENT).list().stream()
        .filter(incident -> !watched.contains(incident.getProcessInstanceId()))
        .forEach(incident -> runtime.resolveIncident(incident.getId()));
  }

  private static String nonsense(Object found) {
    return "variable "
        + FOLLOWS
        + ": expected true or false, found "
        + found
        + ": nobody looks after source; put it right in Cockpit (true while source follows dest)";
  }

  private CompletableFuture<Finding> lookAt(String migration) {
    CompletableFuture<Finding> look =
        looks.computeIfAbsent(
            migration,
            id ->
                CompletableFuture.supplyAsync(
                    () ->
                        watch.look(steps.between(id, STEP, name -> runtime.getVariable(id, name))),
                    eyes));
    return look.whenComplete((found, failure) -> looks.remove(migration, look));
  }

  private static Finding await(CompletableFuture<Finding> look, long end) {
    try {
      return look.get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      return Finding.of(
          List.of(
              "no answer from source's machine within "
                  + LONGEST_LOOK.toSeconds()
                  + " s: it is down, unreachable or overloaded"));
    } catch (ExecutionException e) {
      if (e.getCause() instanceof LeaseHeld refused && refused.overtaken()) {
        // A step began meanwhile: the next look tells what it has made of it.
        throw refused;
      }
      return Finding.of(List.of(String.valueOf(e.getCause().getMessage())));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("this program stops", e);
    }
  }

  private void tell(String migration, List<String> troubles) {
    Optional<Incident> told =
        runtime
            .createIncidentQuery()
            .processInstanceId(migration)
            .incidentType(INCIDENT)
            .list()
            .stream()
            .findFirst();
    if (!troubles.isEmpty() && told.isEmpty() && mayBeTold(migration)) {
      String trouble = String.join("; ", troubles);
      LOG.error("source does not follow dest in {}: {}", migration, trouble);
      leaf(migration)
          .ifPresent(
              where -> runtime.createIncident(INCIDENT, where.getId(), "replication", trouble));
    } else if (troubles.isEmpty() && told.isPresent()) {
      LOG.info("source follows dest again in {}", migration);
      runtime.resolveIncident(told.get().getId());
      Duration lasted =
          Duration.between(told.get().getIncidentTimestamp().toInstant(), Instant.now());
      note(
          migration,
          lasted,
          "all well again after %d s of trouble, which began with: %s"
              .formatted(lasted.toSeconds(), told.get().getIncidentMessage()));
    }
  }

  /** Never beside a step: what it closes for good must not be opened again behind its back. */
  private void mend(String migration, List<Supplier<String>> remedies) {
    for (Supplier<String> remedy : remedies) {
      steps.whenFree(
          migration,
          () -> {
            if (follows(migration)) {
              long began = System.nanoTime();
              String done = remedy.get();
              if (!done.isEmpty()) {
                LOG.info("{}: {}", migration, done);
                note(migration, Duration.ofNanos(System.nanoTime() - began), done);
              }
            }
          });
    }
  }

  private boolean follows(String migration) {
    return Boolean.TRUE.equals(runtime.getVariable(migration, FOLLOWS));
  }

  /** Not when the watch has just been told to end. */
  private boolean mayBeTold(String migration) {
    Object follows = runtime.getVariable(migration, FOLLOWS);
    return follows != null && !Boolean.FALSE.equals(follows);
  }

  private void note(String migration, Duration duration, String said) {
    logbook.passed(migration, STEP, NAME, duration, said);
  }

  /** Where the migration stands: an incident belongs to an execution that stands at an activity. */
  private Optional<Execution> leaf(String migration) {
    return runtime.createExecutionQuery().processInstanceId(migration).list().stream()
        .filter(execution -> ((ExecutionEntity) execution).getActivityId() != null)
        .findFirst();
  }

  @Override
  public synchronized void start() {
    eyes = Executors.newCachedThreadPool(work -> daemon(work, "replication-look"));
    clock = Executors.newSingleThreadScheduledExecutor(work -> daemon(work, "replication-watch"));
    rounds =
        clock.scheduleWithFixedDelay(
            this::round, PAUSE.toMillis(), PAUSE.toMillis(), TimeUnit.MILLISECONDS);
  }

  private static Thread daemon(Runnable work, String name) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    return thread;
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
    eyes.shutdownNow();
    clock = null;
  }

  @Override
  public synchronized boolean isRunning() {
    return clock != null;
  }
}
