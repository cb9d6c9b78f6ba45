package io.pryv.migration.verification;

import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import io.pryv.migration.redis.RedisServer;
import org.springframework.stereotype.Component;

/** Compares the whole data of source and dest. */
@Component("verifyData")
class VerifyDataDelegate extends StepDelegate {

  VerifyDataDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    try (RedisServer source = step.redis().open(step.source());
        RedisServer dest = step.redis().open(step.dest())) {
      DataComparison.Equal equal = new DataComparison(source, dest).compare();
      step.put("keysCompared", equal.compared());
      step.put("keysDiffering", 0L);
      step.put("users", equal.source().users());
      step.evidence("data", equal.markdown());
      step.say(equal.compared() + " keys compared in both directions, none differs");
    }
  }
}
