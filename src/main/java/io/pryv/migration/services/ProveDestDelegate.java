package io.pryv.migration.services;

import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import io.pryv.migration.redis.KeyCounts;
import io.pryv.migration.redis.RedisDoor;
import org.springframework.stereotype.Component;

@Component("proveDest")
class ProveDestDelegate extends StepDelegate {

  private final RedisDoor redis;

  ProveDestDelegate(StepContexts contexts, RedisDoor redis) {
    super(contexts);
    this.redis = redis;
  }

  @Override
  protected void perform(StepContext step) {
    KeyProof proof = KeyProof.of(step.get("sourceKeyCounts", KeyCounts.class), step.dest(), redis);
    step.evidence("proveDest", proof.markdown());
    proof.orFail();
    step.say("dest holds exactly what source held at the stop, kind by kind");
  }
}
