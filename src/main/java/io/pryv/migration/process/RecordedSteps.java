package io.pryv.migration.process;

import io.pryv.migration.engine.Incarnation;
import io.pryv.migration.machine.Hands;
import io.pryv.migration.machine.Journal;
import io.pryv.migration.machine.JournalledHands;
import io.pryv.migration.machine.LeaseHolder;
import io.pryv.migration.machine.Shells;
import io.pryv.migration.platform.Layout;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.Platform;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.RedisDoor;
import io.pryv.migration.redis.RedisDoors;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.camunda.bpm.engine.OptimisticLockingException;
import org.camunda.bpm.engine.delegate.BpmnError;
import org.camunda.bpm.engine.delegate.DelegateExecution;
import org.camunda.bpm.engine.variable.value.TypedValue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/** Steps of the engine's executions, each recorded in the logbook as it goes. */
@Component
class RecordedSteps implements StepContexts {

  private static final Logger LOG = LoggerFactory.getLogger(RecordedSteps.class);

  /** In the cold window nobody is waited for: a step is tried this often, at once. */
  private static final int TRIES_IN_WINDOW = 2;

  private static final long NOT_BEGUN = 0;

  /** A step that was given up and is still at work after that has no say any more. */
  private static final Duration OVERTAKEN_AFTER = Duration.ofSeconds(10);

  private final Logbook logbook;
  private final PlatformShells shells;
  private final RedisDoors redisDoors;
  private final Leases leases;
  private final Seals seals;
  private final StepTransaction transaction;
  private final Incarnation incarnation;
  private final Clock clock;
  private final Map<String, ReentrantLock> turns = new ConcurrentHashMap<>();
  private final Map<String, Integer> busy = new ConcurrentHashMap<>();
  private final Map<String, AtWork> atWork = new ConcurrentHashMap<>();
  private volatile boolean stopping;

  RecordedSteps(
      Logbook logbook,
      PlatformShells shells,
      RedisDoors redisDoors,
      Leases leases,
      Seals seals,
      StepTransaction transaction,
      Incarnation incarnation,
      Clock clock) {
    this.logbook = logbook;
    this.shells = shells;
    this.redisDoors = redisDoors;
    this.leases = leases;
    this.seals = seals;
    this.transaction = transaction;
    this.incarnation = incarnation;
    this.clock = clock;
  }

  /**
   * A step at work.
   *
   * @param name as the diagram calls it
   */
  record AtWork(String name, Instant since) {}

  /**
   * The steps at work outside of a cold window, by migration; of several, since one was overtaken,
   * the last to begin.
   */
  Map<String, AtWork> atWork() {
    return Map.copyOf(atWork);
  }

  @Override
  public void during(DelegateExecution execution, Consumer<StepContext> work) {
    String migration = execution.getProcessInstanceId();
    ReentrantLock turn = turn(execution);
    busy.merge(migration, 1, Integer::sum);
    try {
      if (ColdWindow.holds(execution)) {
        inWindow(execution, work);
      } else {
        once(execution, begins(execution), work);
      }
      refuseUnlessNewest();
    } catch (RuntimeException e) {
      refuseUnlessNewest();
      if (stopping && !(e instanceof BpmnError)) {
        // The one failure that costs a job no retry: it is run again after the start, by itself.
        throw new OptimisticLockingException("this program stops: " + e.getMessage(), e);
      }
      throw e;
    } finally {
      busy.computeIfPresent(migration, (id, steps) -> steps == 1 ? null : steps - 1);
      turn.unlock();
    }
  }

  /**
   * Whatever comes of a step once another program has taken over is not kept: that one begins the
   * step anew, and what was refused to this one is no failure of the migration. The exception
   * carries no cause: the engine would find an error of the cold window in it, and go by that.
   */
  private void refuseUnlessNewest() {
    if (!incarnation.newestUntilCommit()) {
      throw new OptimisticLockingException("another program has taken over");
    }
  }

  /** Whether a step of that migration is at work here, given up by the engine or not. */
  boolean busy(String migration) {
    return busy.containsKey(migration);
  }

  /** This program stops: what fails from now on fails because of that. */
  void stopping() {
    stopping = true;
  }

  /** Waits until no step is at work, but no longer than that. */
  void awaitIdle(Duration longest) {
    long end = System.nanoTime() + longest.toNanos();
    try {
      while (!busy.isEmpty() && System.nanoTime() < end) {
        TimeUnit.MILLISECONDS.sleep(20);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** What a look between two steps knows; it leaves no variables, and overtakes no step. */
  StepContext between(String migration, String watch, Function<String, Object> variables) {
    seals.checkPlaces(migration, variables);
    return new Context(
        migration,
        watch,
        watch,
        logbook.newestRun(migration),
        leases::ofWatch,
        variables,
        (name, value) -> {
          throw new UnsupportedOperationException("a watch keeps no variable, such as " + name);
        });
  }

  /** Does something between two steps, unless a step is at work: then nothing is done. */
  void whenFree(String migration, Runnable work) {
    ReentrantLock turn = turns.computeIfAbsent(migration, id -> new ReentrantLock(true));
    if (stopping || !turn.tryLock()) {
      return;
    }
    busy.merge(migration, 1, Integer::sum);
    try {
      work.run();
    } finally {
      busy.computeIfPresent(migration, (id, steps) -> steps == 1 ? null : steps - 1);
      turn.unlock();
    }
  }

  /**
   * Whoever works on a migration's machines holds its turn. A step that the engine gave up (an
   * abort, a time-out) may still be at work in its thread: the next one gives it a while to end,
   * then overtakes it and begins a new order of turns. What was overtaken is refused by the lease.
   */
  private ReentrantLock turn(DelegateExecution execution) {
    String migration = execution.getProcessInstanceId();
    ReentrantLock turn = turns.computeIfAbsent(migration, id -> new ReentrantLock(true));
    try {
      if (turn.tryLock(OVERTAKEN_AFTER.toMillis(), TimeUnit.MILLISECONDS)) {
        return turn;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("this program stops before the step began", e);
    }
    LOG.warn(
        "{} of {} overtakes a step that is still at work",
        execution.getCurrentActivityId(),
        execution.getProcessBusinessKey());
    ReentrantLock anew = new ReentrantLock(true);
    anew.lock();
    turns.put(migration, anew);
    return anew;
  }

  private void inWindow(DelegateExecution execution, Consumer<StepContext> work) {
    for (int tryNumber = 1; ; tryNumber++) {
      long run = NOT_BEGUN;
      try {
        refuseWhenLate(execution);
        run = begins(execution);
        once(execution, run, work);
        return;
      } catch (RuntimeException e) {
        // Another try of a step that was overtaken, as by a rollback, would be the newest run, and
        // act beside it.
        if (stopping || overtaken(execution, run)) {
          throw e;
        }
        if (tryNumber == TRIES_IN_WINDOW || lateOrUnknown(execution)) {
          throw ColdWindow.failure(execution.getCurrentActivityName(), e);
        }
      }
    }
  }

  private boolean overtaken(DelegateExecution execution, long run) {
    return run != NOT_BEGUN && logbook.newestRun(execution.getProcessInstanceId()) != run;
  }

  private void refuseWhenLate(DelegateExecution execution) {
    if (late(execution)) {
      throw new StepFailure(
          "this program",
          execution.getCurrentActivityName(),
          "to begin before " + execution.getVariable(ColdWindow.DEADLINE),
          "the longest outage allowed is reached",
          "see which step took long, raise options.longestOutage, or go again");
    }
  }

  private boolean late(DelegateExecution execution) {
    return deadline(execution::getVariable).map(clock.instant()::isAfter).orElse(false);
  }

  /** A deadline that somebody has edited to nonsense is no reason to keep clients waiting. */
  private boolean lateOrUnknown(DelegateExecution execution) {
    try {
      return late(execution);
    } catch (StepFailure nonsense) {
      return true;
    }
  }

  private static Optional<Instant> deadline(Function<String, Object> variables) {
    return Optional.ofNullable(variables.apply(ColdWindow.DEADLINE))
        .filter(value -> !value.equals(""))
        .map(value -> Values.fromVariable(ColdWindow.DEADLINE, value, Instant.class));
  }

  private long begins(DelegateExecution execution) {
    if (!incarnation.newest()) {
      // Its run would be newer than that of the program that has taken over.
      throw new OptimisticLockingException("another program has taken over");
    }
    return logbook.begins(
        execution.getProcessInstanceId(),
        execution.getCurrentActivityId(),
        execution.getCurrentActivityName());
  }

  private void once(DelegateExecution execution, long run, Consumer<StepContext> work) {
    String migration = execution.getProcessInstanceId();
    long began = System.nanoTime();
    Set<String> machines = new LinkedHashSet<>();
    Map<String, TypedValue> sealed = new LinkedHashMap<>();
    AtWork begun = new AtWork(execution.getCurrentActivityName(), clock.instant());
    if (!ColdWindow.holds(execution)) {
      // The window has a deadline of its own.
      atWork.put(migration, begun);
    }
    shells.noteReached(machines);
    try {
      seals.check(migration, execution::getVariable);
      Context step =
          new Context(
              migration,
              execution.getCurrentActivityId(),
              execution.getCurrentActivityName(),
              run,
              itself -> transaction.releasedBy(leases.ofStep(itself)),
              name -> {
                Object value = execution.getVariable(name);
                transaction.release();
                return value;
              },
              (name, value) -> {
                sealed.put(name, value);
                execution.setVariable(name, value);
              });
      try {
        work.accept(step);
      } finally {
        // In the engine's own transaction, which is not released any more: both a variable and its
        // seal are kept, as when the window fails, or neither.
        sealed.forEach((name, value) -> seals.seal(migration, name, value));
      }
      // What is not kept must not stand in the record as done.
      refuseUnlessNewest();
      logbook.ended(run, "done", since(began), String.join(", ", machines), step.said());
    } catch (RuntimeException e) {
      LOG.warn(
          "{} of {} failed: {}",
          execution.getCurrentActivityId(),
          execution.getProcessBusinessKey(),
          e.getMessage(),
          e instanceof StepFailure ? null : e);
      logbook.ended(
          run, "failed", since(began), String.join(", ", machines), String.valueOf(e.getMessage()));
      throw e;
    } finally {
      shells.noteNoMore();
      atWork.remove(migration, begun);
    }
  }

  private static Duration since(long began) {
    return Duration.ofNanos(System.nanoTime() - began);
  }

  private final class Context implements StepContext {

    private final String migration;
    private final String step;
    private final String name;
    private final LeaseHolder holder;
    private final Hands hands;
    private final Function<String, Object> variables;
    private final BiConsumer<String, TypedValue> keep;
    private final StringBuilder said = new StringBuilder();

    Context(
        String migration,
        String step,
        String name,
        long run,
        Function<LeaseHolder, Shells> leased,
        Function<String, Object> variables,
        BiConsumer<String, TypedValue> keep) {
      this.migration = migration;
      this.step = step;
      this.name = name;
      this.variables = variables;
      this.keep = keep;
      Platform platform = platform();
      shells.know(platform);
      holder = leases.holder(migration, platform.domain(), run);
      hands = new JournalledHands(leased.apply(holder), journal());
    }

    String said() {
      return said.toString();
    }

    @Override
    public String migration() {
      return migration;
    }

    @Override
    public Platform platform() {
      return get("platform", Platform.class);
    }

    @Override
    public Register source() {
      return new Register(platform().source(), get("sourceLayout", Layout.class));
    }

    @Override
    public Register dest() {
      return new Register(platform().dest(), get("destLayout", Layout.class));
    }

    @Override
    public List<Register> sourceSlaves() {
      return registers(platform().sourceSlaves(), "sourceSlaveLayouts");
    }

    @Override
    public List<Register> destSlaves() {
      return registers(platform().destSlaves(), "destSlaveLayouts");
    }

    private List<Register> registers(List<Machine> slaves, String layouts) {
      List<Layout> where = slaves.isEmpty() ? List.of() : List.of(get(layouts, Layout[].class));
      return IntStream.range(0, slaves.size())
          .mapToObj(i -> new Register(slaves.get(i), where.get(i)))
          .toList();
    }

    @Override
    public LeaseHolder holder() {
      return holder;
    }

    @Override
    public Hands hands() {
      return hands;
    }

    @Override
    public RedisDoor redis() {
      return redisDoors.through(hands);
    }

    @Override
    public Journal journal() {
      return logbook.journal(migration, step);
    }

    @Override
    public <T> Optional<T> find(String name, Class<T> type) {
      return Optional.ofNullable(variables.apply(name))
          .map(variable -> Values.fromVariable(name, variable, type));
    }

    @Override
    public <T> T get(String name, Class<T> type) {
      return find(name, type)
          .orElseThrow(
              () ->
                  new StepFailure(
                      "this program",
                      "step " + this.name,
                      "the variable " + name + ", which an earlier step puts",
                      "none",
                      "rerun the step that puts it, or report this as an error of this program"));
    }

    @Override
    public void put(String name, Object value) {
      keep.accept(name, Values.toVariable(value));
    }

    @Override
    public void evidence(String name, String markdown) {
      logbook.keep(migration, name, step, markdown);
      put(Evidences.variable(name), FormText.of(markdown, Evidences.page(migration, name)));
    }

    @Override
    public void say(String line) {
      said.append(said.isEmpty() ? "" : "\n").append(line);
    }

    @Override
    public Optional<Instant> outageDeadline() {
      return deadline(variables);
    }
  }
}
