package io.pryv.migration.transfer;

import io.pryv.migration.machine.Shell;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import io.pryv.migration.redis.DestData;
import org.springframework.stereotype.Component;

@Component("proveCopy")
class ProveCopyDelegate extends StepDelegate {

  ProveCopyDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    Shell onDest = step.hands().on(step.dest().machine());
    CopyProof.Proven proven =
        new CopyProof(
                step.hands().on(step.source().machine()),
                onDest,
                step.source(),
                step.dest(),
                step.migration())
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
