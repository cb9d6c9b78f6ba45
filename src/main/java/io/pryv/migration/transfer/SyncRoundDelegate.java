package io.pryv.migration.transfer;

import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import io.pryv.migration.redis.Election;
import java.time.Duration;

/**
 * One look at a run of rsync while source goes on serving; a finished run followed by another call
 * begins the next.
 */
abstract class SyncRoundDelegate extends StepDelegate {

  private static final Duration WAIT = Duration.ofMillis(2500);

  private final String job;
  private final String number;
  private final String done;

  /**
   * A step that runs rsync.
   *
   * @param job name of the runs on dest, before their number
   * @param number variable that counts the runs
   * @param done variable that tells the gateway whether the run has ended
   */
  SyncRoundDelegate(StepContexts contexts, String job, String number, String done) {
    super(contexts);
    this.job = job;
    this.number = number;
    this.done = done;
  }

  @Override
  protected final void perform(StepContext step) {
    new Election(step.hands(), step.source(), step.dest()).requireSource();
    boolean lastEnded = step.find(done, Boolean.class).orElse(true);
    int run = step.find(number, Integer.class).orElse(0) + (lastEnded ? 1 : 0);
    Sync.Run seen =
        new Sync(
                step.hands().on(step.dest().machine()),
                step.source(),
                step.dest(),
                step.migration())
            .whileSourceRuns(job + "-" + run, WAIT);
    step.put(number, run);
    step.put(done, seen.ended());
    seen.progress().ifPresent(progress -> progressed(step, progress));
    seen.stats().ifPresent(stats -> ended(step, run, stats));
  }

  /** The run goes on. */
  abstract void progressed(StepContext step, String progress);

  /** The run is over. */
  abstract void ended(StepContext step, int run, RsyncStats stats);
}
