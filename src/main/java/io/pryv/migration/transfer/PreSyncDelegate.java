package io.pryv.migration.transfer;

import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import io.pryv.migration.redis.Election;
import java.time.Duration;
import org.springframework.stereotype.Component;

/**
 * One more run of rsync right before source is stopped: since the gate hours may have passed, and
 * what is brought now need not be brought in the cold window.
 */
@Component("preSync")
class PreSyncDelegate extends StepDelegate {

  private static final Duration WAIT = Duration.ofMillis(2500);

  PreSyncDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    new Election(step.hands(), step.source(), step.dest()).requireSource();
    boolean lastEnded = step.find("preSyncDone", Boolean.class).orElse(true);
    int number = step.find("preSyncRun", Integer.class).orElse(0) + (lastEnded ? 1 : 0);
    Sync.Run run =
        new Sync(
                step.hands().on(step.dest().machine()),
                step.source(),
                step.dest(),
                step.migration())
            .whileSourceRuns("pre-sync-" + number, WAIT);
    step.put("preSyncRun", number);
    step.put("preSyncDone", run.ended());
    run.progress().ifPresent(step::say);
    run.stats()
        .ifPresent(stats -> step.say("right before the stop: " + SyncRounds.transferred(stats)));
  }
}
