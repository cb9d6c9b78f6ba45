package io.pryv.migration.transfer;

import io.pryv.migration.machine.DetachedJob;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import io.pryv.migration.redis.DestData;
import java.util.List;
import org.springframework.stereotype.Component;

@Component("proveCopy")
class ProveCopyDelegate extends StepDelegate {

  ProveCopyDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    Shell onDest = step.hands().on(step.dest().machine());
    List<String> running = DetachedJob.running(onDest, step.migration());
    if (!running.isEmpty()) {
      throw new StepFailure(
          step.dest().machine().name(),
          "jobs of this migration",
          "none: the last sync has ended",
          String.join(", ", running) + " runs, although a variable says that it has ended",
          "wait for its end, or let the step lastSync run again");
    }
    CopyProof.Proven proven =
        new CopyProof(step.hands().on(step.source().machine()), onDest, step.source(), step.dest())
            .prove();
    new DestData(onDest, step.dest(), step.migration()).proven().note();
    step.evidence("proveCopy", proven.markdown());
    step.say(
        "every file of Redis' data has the same SHA-256 on source and dest"
            + (proven.ownerCorrected()
                ? "; its owner on dest was put right: " + step.dest().layout().dataOwner()
                : ""));
  }
}
