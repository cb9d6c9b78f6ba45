package io.pryv.migration.process;

import io.pryv.migration.engine.Incarnation;
import io.pryv.migration.engine.Rounds;
import io.pryv.migration.machine.LeaseFile;
import io.pryv.migration.machine.LeaseHeld;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.camunda.bpm.engine.RuntimeService;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;

/**
 * Keeps the leases of running migrations through waits of days, and gives up those of migrations
 * that are over, however they ended. It goes only to machines on which a lease was taken.
 */
@Component
class LeaseKeeper implements SmartLifecycle {

  private static final Logger LOG = LoggerFactory.getLogger(LeaseKeeper.class);
  private static final Duration PAUSE = Duration.ofSeconds(1);

  /** Two of three may fail before a lease is lost. */
  private static final Duration RENEWED_EVERY = LeaseFile.LIFE.dividedBy(3);

  /** A machine that can not be reached so long after the end keeps a file that has run out. */
  private static final Duration RELEASE_TRIED_FOR = Duration.ofHours(1);

  private final Leases leases;
  private final Incarnation incarnation;
  private final RecordedSteps steps;
  private final RuntimeService runtime;
  private final Map<String, Long> lastTries = new ConcurrentHashMap<>();
  private final Map<String, Long> overSince = new ConcurrentHashMap<>();
  private final Rounds rounds = new Rounds("lease-keeper", PAUSE, this::round);

  LeaseKeeper(Leases leases, Incarnation incarnation, RecordedSteps steps, RuntimeService runtime) {
    this.leases = leases;
    this.incarnation = incarnation;
    this.steps = steps;
    this.runtime = runtime;
  }

  /** Does what is due for each lease; nothing once another program has been started after us. */
  void lookAround() {
    if (!incarnation.newest()) {
      return;
    }
    for (Map.Entry<String, Set<String>> noted : leases.noted().entrySet()) {
      String migration = noted.getKey();
      boolean runs = runtime.createProcessInstanceQuery().processInstanceId(migration).count() > 0;
      for (String machine : noted.getValue()) {
        if (runs) {
          when(RENEWED_EVERY, migration, machine, () -> leases.renew(migration, machine));
        } else if (!steps.busy(migration)) {
          // A step that still works without its lease would take it anew.
          when(RENEWED_EVERY, migration, machine + " over", () -> release(migration, machine));
        }
      }
    }
  }

  private void release(String migration, String machine) {
    String key = migration + " " + machine;
    long since = overSince.computeIfAbsent(key, unseen -> System.nanoTime());
    try {
      leases.release(migration, machine);
    } catch (LeaseHeld taken) {
      LOG.info("the lease of {} on {} is not ours any more", migration, machine);
      leases.forget(migration, machine);
    } catch (RuntimeException e) {
      if (System.nanoTime() - since < RELEASE_TRIED_FOR.toNanos()) {
        throw e;
      }
      LOG.warn(
          "the lease of {} on {} stays behind as ~/.register-migration/lease; it has run out: {}",
          migration,
          machine,
          e.getMessage());
      leases.forget(migration, machine);
    }
    overSince.remove(key);
    lastTries.keySet().removeIf(tried -> tried.startsWith(key));
  }

  /** At most once in a while, whether it succeeds or not. */
  private void when(Duration period, String migration, String what, Runnable work) {
    String key = migration + " " + what;
    Long last = lastTries.get(key);
    if (last != null && System.nanoTime() - last < period.toNanos()) {
      return;
    }
    lastTries.put(key, System.nanoTime());
    try {
      work.run();
    } catch (LeaseHeld taken) {
      LOG.warn("{}", taken.getMessage());
    } catch (RuntimeException e) {
      LOG.debug("the lease of {} on {} was not reached", migration, what, e);
    }
  }

  @Override
  public void start() {
    rounds.start();
  }

  private void round() {
    try {
      lookAround();
    } catch (RuntimeException e) {
      LOG.debug("the leases could not be looked after", e);
    }
  }

  @Override
  public void stop() {
    rounds.stop();
  }

  @Override
  public boolean isRunning() {
    return rounds.running();
  }
}
