package io.pryv.migration.services;

import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import io.pryv.migration.redis.KeyCounts;
import org.springframework.stereotype.Component;

@Component("fenceDest")
class FenceDestDelegate extends StepDelegate {

  FenceDestDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    KeyCounts held =
        new DestFence(step.dest(), step.redis(), step.platform().options().destUsersMayGo())
            .fence();
    String found = "dest holds " + held.users() + " users (the fixture counts as one)";
    step.evidence("fenceDest", found + " and refuses writes, proven by a refused one.\n");
    step.say(found + " and is fenced: a write was refused");
  }
}
