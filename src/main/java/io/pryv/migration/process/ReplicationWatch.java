package io.pryv.migration.process;

import io.pryv.migration.engine.Incarnation;
import io.pryv.migration.engine.Rounds;
import io.pryv.migration.machine.LeaseHeld;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.process.StandingWatch.Finding;
import java.time.Clock;
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
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.camunda.bpm.engine.HistoryService;
import org.camunda.bpm.engine.RuntimeService;
import org.camunda.bpm.engine.history.HistoricVariableInstance;
import org.camunda.bpm.engine.runtime.Incident;
import org.camunda.bpm.engine.runtime.ProcessInstance;
import org.camunda.bpm.engine.runtime.VariableInstance;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;

/**
 * Looks after every migration one of whose registers follows the other, for the days that this
 * takes. Trouble is an incident in Cockpit, which goes away with the trouble; what was mended, and
 * how long the trouble lasted, stands in the logbook.
 */
@Component
class ReplicationWatch implements SmartLifecycle {

  /** Under this name its changes and notes stand in the logbook. */
  static final String STEP = "replicationWatch";

  private static final Logger LOG = LoggerFactory.getLogger(ReplicationWatch.class);

  /**
   * Trouble must be known within 10 s, since a dead tunnel lets DNS hang: the pause between two
   * looks and the longest that a look is waited for, together.
   */
  private static final Duration PAUSE = Duration.ofSeconds(3);

  private static final Duration LONGEST_LOOK = Duration.ofSeconds(6);

  /** An incident holds 4,000 characters: the trouble, and why it is not mended. */
  private static final int LONGEST_PART = 1900;

  private final List<StandingWatch> watches;
  private final RecordedSteps steps;
  private final RuntimeService runtime;
  private final HistoryService history;
  private final Logbook logbook;
  private final WriterAlarm alarm;
  private final Standstill standstill;
  private final LongSteps longSteps;
  private final Incarnation incarnation;
  private final Clock clock;

  /**
   * Looks under way, and those that ended later than they were waited for: what such a one has
   * found counts at the next round. One that hangs on a dead machine is not doubled.
   */
  private final Map<Watched, CompletableFuture<Finding>> looks = new ConcurrentHashMap<>();

  /** Remedies under way: they may take longer than the pause between two looks. */
  private final Set<Watched> mending = ConcurrentHashMap.newKeySet();

  /** Why the last remedy could not be done; told with the trouble, until one could. */
  private final Map<Watched, String> refusals = new ConcurrentHashMap<>();

  /** Since when there is trouble that was told more than once. */
  private final Map<Watched, Instant> since = new ConcurrentHashMap<>();

  /** One migration, and which of its registers follows. */
  private record Watched(String migration, Following following) {}

  private final Rounds rounds = new Rounds("replication-watch", PAUSE, this::round);
  private ExecutorService eyes;

  ReplicationWatch(
      List<StandingWatch> watches,
      RecordedSteps steps,
      RuntimeService runtime,
      HistoryService history,
      Logbook logbook,
      WriterAlarm alarm,
      Standstill standstill,
      LongSteps longSteps,
      Incarnation incarnation,
      Clock clock) {
    this.watches = List.copyOf(watches);
    this.standstill = standstill;
    this.longSteps = longSteps;
    this.incarnation = incarnation;
    this.clock = clock;
    this.steps = steps;
    this.runtime = runtime;
    this.history = history;
    this.logbook = logbook;
    this.alarm = alarm;
  }

  /** One look at every migration that is due for it, at all of them at once. */
  void lookAround() {
    // Suspended ones as well: who follows goes on following, or does not.
    Set<String> running =
        runtime
            .createProcessInstanceQuery()
            .processDefinitionKey("register-migration")
            .list()
            .stream()
            .map(ProcessInstance::getId)
            .collect(Collectors.toSet());
    List<Watched> following = new ArrayList<>();
    Set<Watched> watched = new HashSet<>();
    for (Following one : Following.values()) {
      for (VariableInstance flag :
          runtime.createVariableInstanceQuery().variableName(one.flag()).list()) {
        Watched who = new Watched(flag.getProcessInstanceId(), one);
        if (running.contains(who.migration()) && !Boolean.FALSE.equals(flag.getValue())) {
          watched.add(who);
          if (Boolean.TRUE.equals(flag.getValue())) {
            following.add(who);
          } else {
            tell(who, List.of(nonsense(one, flag.getValue())));
          }
        }
      }
    }
    for (Watched who : deleted(running)) {
      watched.add(who);
      tell(who, List.of(nonsense(who.following(), "that it was deleted")));
    }
    long end = System.nanoTime() + LONGEST_LOOK.toNanos();
    Map<Watched, CompletableFuture<Finding>> begun = new LinkedHashMap<>();
    following.forEach(
        who -> {
          takeLate(who);
          begun.put(who, lookAt(who));
        });
    begun.forEach(
        (who, look) -> {
          try {
            Finding found = await(who, look, end);
            tell(who, found.troubles());
            mend(who, found.remedies());
          } catch (RuntimeException e) {
            // Such as a step that moved on in the same moment: the next look comes soon.
            LOG.debug("a look at {} came to nothing", who, e);
          }
        });
    for (Following one : Following.values()) {
      runtime.createIncidentQuery().incidentType(one.incident()).list().stream()
          .filter(incident -> !watched.contains(new Watched(incident.getProcessInstanceId(), one)))
          .forEach(incident -> runtime.resolveIncident(incident.getId()));
    }
    looks.keySet().retainAll(watched);
    refusals.keySet().retainAll(watched);
    since.keySet().retainAll(watched);
  }

  /** Flags that somebody has taken away: the diagram sets them to false. */
  private Set<Watched> deleted(Set<String> running) {
    Set<Watched> gone = new HashSet<>();
    for (String migration : running) {
      for (Following one : Following.values()) {
        boolean was =
            history
                .createHistoricVariableInstanceQuery()
                .processInstanceId(migration)
                .variableName(one.flag())
                .includeDeleted()
                .list()
                .stream()
                .anyMatch(flag -> flag.getState().equals(HistoricVariableInstance.STATE_DELETED));
        if (was && runtime.getVariable(migration, one.flag()) == null) {
          gone.add(new Watched(migration, one));
        }
      }
    }
    return gone;
  }

  private static String nonsense(Following following, Object found) {
    return "variable "
        + following.flag()
        + ": expected true or false, found "
        + found
        + ": nobody looks after "
        + following.follower()
        + "; put it right in Cockpit (true while "
        + following.follower()
        + " follows "
        + following.followed()
        + ")";
  }

  /**
   * What an earlier look has found too late still helps. That it found nothing ends no alarm: an
   * answer that takes so long is trouble.
   */
  private void takeLate(Watched who) {
    CompletableFuture<Finding> late = looks.get(who);
    if (late == null || !late.isDone()) {
      return;
    }
    looks.remove(who, late);
    try {
      Finding found = late.join();
      if (!found.troubles().isEmpty()) {
        tell(who, found.troubles());
      }
      mend(who, found.remedies());
    } catch (RuntimeException e) {
      LOG.debug("a late look at {} came to nothing", who, e);
    }
  }

  private CompletableFuture<Finding> lookAt(Watched who) {
    return looks.computeIfAbsent(
        who,
        one ->
            CompletableFuture.supplyAsync(
                () ->
                    look(
                        steps.between(
                            one.migration(),
                            STEP,
                            name -> runtime.getVariable(one.migration(), name)),
                        one.following()),
                eyes));
  }

  /** What one watch can not see hides nothing that another one does. */
  private Finding look(StepContext step, Following following) {
    List<String> troubles = new ArrayList<>();
    List<Supplier<String>> remedies = new ArrayList<>();
    for (StandingWatch watch : watches) {
      try {
        Finding found = watch.look(step, following);
        troubles.addAll(found.troubles());
        remedies.addAll(found.remedies());
      } catch (LeaseHeld notOurs) {
        throw notOurs;
      } catch (StepFailure unseen) {
        troubles.add(unseen.getMessage());
      }
    }
    return new Finding(troubles, remedies);
  }

  private Finding await(Watched who, CompletableFuture<Finding> look, long end) {
    try {
      Finding found = look.get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
      looks.remove(who, look);
      return found;
    } catch (TimeoutException e) {
      return Finding.of(
          List.of(
              "no answer from %s's machine within %d s: it is down, unreachable or overloaded"
                  .formatted(who.following().follower(), LONGEST_LOOK.toSeconds())));
    } catch (ExecutionException e) {
      looks.remove(who, look);
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

  private void tell(Watched who, List<String> troubles) {
    Optional<Incident> told =
        runtime
            .createIncidentQuery()
            .processInstanceId(who.migration())
            .incidentType(who.following().incident())
            .list()
            .stream()
            .findFirst();
    if (troubles.isEmpty()) {
      refusals.remove(who);
      told.ifPresent(incident -> over(who, incident));
      return;
    }
    String refusal = refusals.getOrDefault(who, "");
    if (told.isPresent() && told.get().getIncidentMessage().contains(refusal)) {
      return;
    }
    if (mayBeTold(who)) {
      String trouble =
          FormText.beginning(String.join("; ", troubles), LONGEST_PART)
              + (refusal.isEmpty() ? "" : "; not mended yet: " + refusal);
      LOG.error(
          "{} does not follow {} in {}: {}",
          who.following().follower(),
          who.following().followed(),
          who.migration(),
          trouble);
      // An incident keeps its first words: why it can not be mended is told by another.
      told.ifPresent(
          incident -> {
            since.putIfAbsent(who, incident.getIncidentTimestamp().toInstant());
            runtime.resolveIncident(incident.getId());
          });
      Executions.leaf(runtime, who.migration())
          .ifPresent(
              where ->
                  runtime.createIncident(
                      who.following().incident(), where, "replication", trouble));
    }
  }

  private void over(Watched who, Incident told) {
    LOG.info(
        "{} follows {} again in {}",
        who.following().follower(),
        who.following().followed(),
        who.migration());
    runtime.resolveIncident(told.getId());
    Instant began = since.remove(who);
    Duration lasted =
        Duration.between(
            began == null ? told.getIncidentTimestamp().toInstant() : began, clock.instant());
    note(
        who,
        lasted,
        "all well again after %d s of trouble, which began with: %s"
            .formatted(lasted.toSeconds(), told.getIncidentMessage()));
  }

  /** What takes long for one migration keeps no look at another waiting. */
  private void mend(Watched who, List<Supplier<String>> remedies) {
    if (remedies.isEmpty() || !mending.add(who)) {
      return;
    }
    eyes.execute(
        () -> {
          try {
            remedies.forEach(remedy -> mend(who, remedy));
          } catch (RuntimeException e) {
            LOG.debug("a remedy for {} came to nothing", who, e);
          } finally {
            mending.remove(who);
          }
        });
  }

  /** Never beside a step: what it closes for good must not be opened again behind its back. */
  private void mend(Watched who, Supplier<String> remedy) {
    steps.whenFree(
        who.migration(),
        () -> {
          if (!follows(who)) {
            return;
          }
          long began = System.nanoTime();
          try {
            String done = remedy.get();
            if (!done.isEmpty()) {
              refusals.remove(who);
              LOG.info("{}: {}", who.migration(), done);
              note(who, Duration.ofNanos(System.nanoTime() - began), done);
            }
          } catch (StepFailure refused) {
            if (refused instanceof LeaseHeld held && held.overtaken()) {
              // A step acts instead: the next look tells what it has made of it.
              return;
            }
            LOG.warn("{}: {}", who.migration(), refused.getMessage());
            refusals.put(who, FormText.beginning(refused.getMessage(), LONGEST_PART));
          }
        });
  }

  private boolean follows(Watched who) {
    return Boolean.TRUE.equals(runtime.getVariable(who.migration(), who.following().flag()));
  }

  /** Not when the watch has just been told to end. */
  private boolean mayBeTold(Watched who) {
    Object follows = runtime.getVariable(who.migration(), who.following().flag());
    return follows == null
        ? deleted(Set.of(who.migration())).contains(who)
        : !Boolean.FALSE.equals(follows);
  }

  private void note(Watched who, Duration duration, String said) {
    logbook.passed(
        who.migration(),
        STEP,
        "Watch over %s, which follows %s"
            .formatted(who.following().follower(), who.following().followed()),
        duration,
        said);
  }

  @Override
  public void start() {
    mending.clear();
    eyes =
        Executors.newCachedThreadPool(
            work -> {
              Thread thread = new Thread(work, "replication-look");
              thread.setDaemon(true);
              return thread;
            });
    rounds.start();
  }

  private void round() {
    if (!current()) {
      return;
    }
    surviving(this::lookAround);
    surviving(alarm::look);
    surviving(standstill::look);
    surviving(longSteps::look);
  }

  /** Another program, older or newer, may be the one that looks after them. */
  private boolean current() {
    try {
      return incarnation.newest();
    } catch (RuntimeException databaseGone) {
      LOG.debug("whether this program is the newest is not known", databaseGone);
      return false;
    }
  }

  /** One failed look ends neither the rounds nor the other looks. */
  private void surviving(Runnable look) {
    try {
      look.run();
    } catch (RuntimeException e) {
      if (isRunning()) {
        LOG.warn("the watch over replication could not look: {}", e.getMessage());
      }
    }
  }

  /** Neither rounds nor looks are interrupted, see {@link Rounds}. */
  @Override
  public void stop() {
    rounds.stop();
    eyes.shutdown();
  }

  @Override
  public boolean isRunning() {
    return rounds.running();
  }
}
