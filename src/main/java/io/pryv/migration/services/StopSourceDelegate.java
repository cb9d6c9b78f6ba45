package io.pryv.migration.services;

import io.pryv.migration.machine.Containers;
import io.pryv.migration.platform.Register;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import io.pryv.migration.redis.Election;
import org.springframework.stereotype.Component;

@Component("stopSource")
class StopSourceDelegate extends StepDelegate {

  StopSourceDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    new Election(step.hands(), step.source(), step.dest()).requireSource();
    Register source = step.source();
    SourceStop.Stopped stopped =
        new SourceStop(
                source,
                step.hands().on(source.machine()),
                Containers.of(step.hands(), source, step.migration()),
                step.redis(),
                step.migration())
            .stop();
    step.put("sourceKeyCounts", stopped.keys());
    step.say(
        (stopped.already() ? "already done: source is stopped" : "source is stopped")
            + " and held down; it holds "
            + stopped.keys().users()
            + " users"
            + (stopped.strangers().isEmpty()
                ? ""
                : "; only the register's containers were stopped, since others live on the host: "
                    + String.join(", ", stopped.strangers())));
  }
}
