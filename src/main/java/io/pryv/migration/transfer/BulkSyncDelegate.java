package io.pryv.migration.transfer;

import io.pryv.migration.platform.Options;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import io.pryv.migration.redis.Election;
import java.time.Duration;
import org.springframework.stereotype.Component;

/** One look at a run of rsync; a finished run followed by another call begins the next. */
@Component("bulkSync")
class BulkSyncDelegate extends StepDelegate {

  private static final Duration WAIT = Duration.ofMillis(2500);

  BulkSyncDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    new Election(step.hands(), step.source(), step.dest()).requireSource();
    boolean lastEnded = step.find("bulkSyncDone", Boolean.class).orElse(true);
    int round = step.find("bulkSyncRound", Integer.class).orElse(0) + (lastEnded ? 1 : 0);
    Sync.Run run =
        new Sync(
                step.hands().on(step.dest().machine()),
                step.source(),
                step.dest(),
                step.migration())
            .whileSourceRuns("bulk-sync-" + round, WAIT);
    step.put("bulkSyncRound", round);
    step.put("bulkSyncDone", run.ended());
    run.progress().ifPresent(progress -> step.put("bulkSyncProgress", progress));
    run.stats().ifPresent(stats -> ended(step, round, stats));
  }

  private static void ended(StepContext step, int round, RsyncStats stats) {
    Options options = step.platform().options();
    SyncRounds rounds =
        step.find("bulkSyncRounds", SyncRounds.class).orElse(SyncRounds.NONE).and(round, stats);
    step.put("bulkSyncRounds", rounds);
    step.put(
        "bulkSyncAgain",
        stats.wireBytes() > options.smallDelta() && round < options.preSyncRounds());
    step.put("bulkSyncProgress", rounds.lastLine());
    step.evidence("bulkSync", rounds.markdown());
    step.say(rounds.lastLine());
  }
}
