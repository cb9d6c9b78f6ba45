package io.pryv.migration.engine;

import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

/**
 * The engine runs a job once more, beside itself, when its lock has run out. So locks last for a
 * day here, longer than any step takes, and one that no thread of ours stands behind is let go: its
 * failure could not be noted, say. A program that dies leaves its locks to the next start.
 */
@Component
public final class JobLocks implements SmartLifecycle {

  private static final Logger LOG = LoggerFactory.getLogger(JobLocks.class);

  /** In the queue for longer than this, a job was dropped there. */
  private static final Duration LONGEST_QUEUED = Duration.ofMinutes(10);

  private final JdbcTemplate database;
  private final Incarnation incarnation;
  private final Map<String, Claim> ours = new ConcurrentHashMap<>();
  private final Rounds rounds = new Rounds("job-locks", Duration.ofSeconds(15), this::look);
  private Set<String> ownerless = Set.of();

  JobLocks(JdbcTemplate database, Incarnation incarnation) {
    this.database = database;
    this.incarnation = incarnation;
  }

  /** Whose job it is: the engine may take it anew before the thread that had it is through. */
  private record Claim(Object worker, boolean begun, long since) {

    boolean holds() {
      return begun || System.nanoTime() - since < LONGEST_QUEUED.toNanos();
    }
  }

  /** The engine has taken them for a worker that waits for a thread. */
  void queued(Collection<String> jobs, Object worker) {
    jobs.forEach(job -> ours.put(job, new Claim(worker, false, System.nanoTime())));
  }

  /** The worker has its thread. */
  void begun(Collection<String> jobs, Object worker) {
    jobs.forEach(job -> ours.put(job, new Claim(worker, true, System.nanoTime())));
  }

  /** The worker is through with them. */
  void done(Collection<String> jobs, Object worker) {
    jobs.forEach(
        job -> ours.computeIfPresent(job, (id, claim) -> claim.worker == worker ? null : claim));
  }

  /** Lets go what nobody stood behind at the last look, nor does now. */
  public void look() {
    try {
      if (!incarnation.newest()) {
        // The newer program's locks are none of ours.
        return;
      }
      // Those of an older program, too, which may have taken some more before it ended.
      Set<String> now =
          new HashSet<>(
              database.queryForList(
                  "select ID_ from ACT_RU_JOB where LOCK_OWNER_ is not null", String.class));
      ours.forEach(
          (job, claim) -> {
            if (claim.holds()) {
              now.remove(job);
            }
          });
      for (String job : now) {
        if (ownerless.contains(job)) {
          LOG.warn("job {} is locked, and no thread is at work on it: it is let go", job);
          database.update(
              "update ACT_RU_JOB set LOCK_OWNER_ = null, LOCK_EXP_TIME_ = null" + " where ID_ = ?",
              job);
        }
      }
      ownerless = now;
    } catch (RuntimeException gone) {
      LOG.debug("the locks of jobs could not be looked at", gone);
    }
  }

  @Override
  public void start() {
    rounds.start();
  }

  @Override
  public void stop() {
    rounds.stop();
  }

  @Override
  public boolean isRunning() {
    return rounds.running();
  }

  /** Before the steps, and until after them. */
  @Override
  public int getPhase() {
    return Integer.MAX_VALUE - 1;
  }
}
