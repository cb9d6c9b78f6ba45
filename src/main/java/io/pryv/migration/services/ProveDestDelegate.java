package io.pryv.migration.services;

import io.pryv.migration.machine.SideBySide;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import io.pryv.migration.redis.AtStop;
import io.pryv.migration.redis.OnDisk;
import org.springframework.stereotype.Component;

@Component("proveDest")
class ProveDestDelegate extends StepDelegate {

  ProveDestDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    // From source itself: a variable can be edited.
    long atStop =
        AtStop.read(step.hands().on(step.source().machine()), step.migration())
            .map(AtStop::lastingKeys)
            .orElseThrow(
                () ->
                    new StepFailure(
                        step.source().machine().name(),
                        "~/.register-migration/" + step.migration() + "/source-at-stop",
                        "what source held at the stop",
                        "no such file: this migration has not stopped writes there",
                        "source is put back as it was"));
    OnDisk disk = new OnDisk(step.hands().on(step.dest().machine()), step.dest());
    SideBySide<Boolean> flushed = SideBySide.begin(disk::flush);
    KeyProof proof = KeyProof.of(atStop, step.dest(), step.redis());
    step.evidence("proveDest", proof.markdown());
    proof.orFail();
    flushed.end();
    step.say("dest holds exactly as many keys as source held at the stop, and so does its disk");
  }
}
