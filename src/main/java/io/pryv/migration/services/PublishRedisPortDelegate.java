package io.pryv.migration.services;

import io.pryv.migration.machine.Containers;
import io.pryv.migration.platform.Register;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import io.pryv.migration.redis.Election;
import org.springframework.stereotype.Component;

@Component("publishRedisPort")
class PublishRedisPortDelegate extends StepDelegate {

  PublishRedisPortDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    new Election(step.hands(), step.source(), step.dest()).requireSource();
    Register dest = step.dest();
    String diff =
        new RedisPort(
                dest,
                step.hands().on(dest.machine()),
                step.hands().files(dest.machine()),
                Containers.of(step.hands(), dest, step.migration()))
            .publish();
    if (diff.isEmpty()) {
      step.say("already done: dest's Redis is published at 127.0.0.1:6379");
      return;
    }
    step.evidence("publishRedisPort", "```diff\n" + diff + "```\n");
    step.say("dest's Redis will be at 127.0.0.1:6379 from its launch on");
  }
}
