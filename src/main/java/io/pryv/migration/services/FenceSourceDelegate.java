package io.pryv.migration.services;

import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import io.pryv.migration.redis.RoleFile;
import java.time.Duration;
import org.springframework.stereotype.Component;

@Component("fenceSource")
class FenceSourceDelegate extends StepDelegate {

  /** With a million users a register takes 100 s to start. */
  private static final Duration LONGEST_START = Duration.ofMinutes(4);

  FenceSourceDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    boolean changed =
        new SourceFence(
                step.source(),
                step.hands().on(step.source().machine()),
                step.redis(),
                new RoleFile(step.hands(), step.source()),
                LONGEST_START)
            .fence();
    step.say(
        (changed ? "fenced" : "already done: fenced")
            + " at run time and in its file: no restart makes source a second writer");
  }
}
