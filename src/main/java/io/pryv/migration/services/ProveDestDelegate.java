package io.pryv.migration.services;

import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import io.pryv.migration.redis.KeyCounts;
import org.springframework.stereotype.Component;

@Component("proveDest")
class ProveDestDelegate extends StepDelegate {

  ProveDestDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    KeyProof proof =
        KeyProof.of(step.get("sourceKeyCounts", KeyCounts.class), step.dest(), step.redis());
    step.evidence("proveDest", proof.markdown());
    proof.orFail();
    step.say("dest holds exactly what source held at the stop, kind by kind");
  }
}
