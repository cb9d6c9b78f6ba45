package io.pryv.migration.replication;

import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import io.pryv.migration.redis.RedisServer;
import org.springframework.stereotype.Component;

/** Proves that source would lose nothing by following dest. */
@Component("compareBeforeFollow")
class CompareBeforeFollowDelegate extends StepDelegate {

  CompareBeforeFollowDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    try (RedisServer source = step.redis().open(step.source());
        RedisServer dest = step.redis().open(step.dest())) {
      FollowGuard.Passed passed = FollowGuard.ofSource(source, dest).pass();
      step.put("guardKeysCompared", passed.keys().compared());
      step.evidence("guard", passed.markdown());
      step.say(passed.keys().compared() + " keys of source's users are on dest with equal values");
    }
  }
}
