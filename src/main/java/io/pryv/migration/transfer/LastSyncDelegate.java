package io.pryv.migration.transfer;

import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import io.pryv.migration.redis.Election;
import java.time.Duration;
import java.time.Instant;
import org.springframework.stereotype.Component;

/**
 * The last sync, once source takes no write. Its job is named after the window's beginning: a run
 * of an earlier window, which source has written since, must not be taken for this one's.
 */
@Component("lastSync")
class LastSyncDelegate extends StepDelegate {

  private static final Duration WAIT = Duration.ofSeconds(2);

  LastSyncDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    new Election(step.hands(), step.source(), step.dest()).requireSource();
    Instant window = step.get("coldWindowStartedAt", Instant.class);
    Sync.Run run =
        new Sync(
                step.hands().on(step.dest().machine()),
                step.source(),
                step.dest(),
                step.migration())
            .afterWritesStopped("last-sync-" + window.toEpochMilli(), WAIT);
    step.put("lastSyncDone", run.ended());
    run.progress().ifPresent(progress -> step.say("last sync: " + progress));
    run.stats().ifPresent(stats -> step.say("last sync: " + SyncRounds.transferred(stats)));
  }
}
