package io.pryv.migration.transfer;

import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import org.springframework.stereotype.Component;

/**
 * One more run of rsync right before source is stopped: since the gate hours may have passed, and
 * what is brought now need not be brought in the cold window.
 */
@Component("preSync")
class PreSyncDelegate extends SyncRoundDelegate {

  PreSyncDelegate(StepContexts contexts) {
    super(contexts, "pre-sync", "preSyncRun", "preSyncDone");
  }

  @Override
  void progressed(StepContext step, String progress) {
    step.say(progress);
  }

  @Override
  void ended(StepContext step, int run, RsyncStats stats) {
    step.say("right before the stop: " + SyncRounds.transferred(stats));
  }
}
