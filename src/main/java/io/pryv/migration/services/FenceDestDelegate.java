package io.pryv.migration.services;

import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import io.pryv.migration.redis.Election;
import io.pryv.migration.redis.RoleFile;
import org.springframework.stereotype.Component;

@Component("fenceDest")
class FenceDestDelegate extends StepDelegate {

  FenceDestDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    new Election(step.hands(), step.source(), step.dest()).requireSource();
    DestFence.Fenced fenced =
        new DestFence(
                step.source(),
                step.dest(),
                step.redis(),
                new RoleFile(step.hands(), step.dest()),
                step.platform().options().destUsersMayGo())
            .fence();
    String found = "dest holds " + fenced.held().users() + " users (the fixture counts as one)";
    step.evidence("fenceDest", found + " and refuses writes, proven by a refused one.\n");
    step.say(
        (fenced.already() ? "already done: " : "")
            + found
            + " and is fenced at run time and in its file: a write was refused");
  }
}
