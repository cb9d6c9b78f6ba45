package io.pryv.migration.transfer;

import io.pryv.migration.platform.Options;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import org.springframework.stereotype.Component;

/** Brings the bulk of the data, again and again until hardly anything is left to bring. */
@Component("bulkSync")
class BulkSyncDelegate extends SyncRoundDelegate {

  BulkSyncDelegate(StepContexts contexts) {
    super(contexts, "bulk-sync", "bulkSyncRound", "bulkSyncDone");
  }

  @Override
  void progressed(StepContext step, String progress) {
    step.put("bulkSyncProgress", progress);
  }

  @Override
  void ended(StepContext step, int round, RsyncStats stats) {
    Options options = step.platform().options();
    SyncRounds rounds =
        step.find("bulkSyncRounds", SyncRounds.class).orElse(SyncRounds.NONE).and(round, stats);
    step.put("bulkSyncRounds", rounds);
    step.put("lastRoundMs", stats.tookMs());
    step.put(
        "bulkSyncAgain",
        stats.wireBytes() > options.smallDelta() && round < options.preSyncRounds());
    step.put("bulkSyncProgress", rounds.lastLine());
    step.evidence("sync", rounds.markdown());
    step.say(rounds.lastLine());
  }
}
