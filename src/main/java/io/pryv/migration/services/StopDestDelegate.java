package io.pryv.migration.services;

import io.pryv.migration.machine.Container;
import io.pryv.migration.machine.Containers;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import io.pryv.migration.redis.Election;
import java.util.List;
import org.springframework.stereotype.Component;

/** Dest's Redis must not run while its data is replaced (field guide 3.2). */
@Component("stopDest")
class StopDestDelegate extends StepDelegate {

  StopDestDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    new Election(step.hands(), step.source(), step.dest()).requireSource();
    Containers containers = Containers.of(step.hands(), step.dest(), step.migration());
    if (containers.look().stream().noneMatch(c -> c.up() || !c.restartPolicy().equals("no"))) {
      step.say("already done: dest's services are stopped and held down");
      return;
    }
    List<Container> stopped = containers.holdDownAndStop();
    step.say("stopped and held down: " + Containers.describe(stopped));
  }
}
