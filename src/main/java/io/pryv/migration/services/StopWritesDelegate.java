package io.pryv.migration.services;

import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import io.pryv.migration.redis.Election;
import io.pryv.migration.redis.RoleFile;
import org.springframework.stereotype.Component;

@Component("stopWrites")
class StopWritesDelegate extends StepDelegate {

  StopWritesDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    new Election(step.hands(), step.source(), step.dest()).requireSource();
    if (step.find("registrationsWait", Boolean.class).orElse(false)) {
      step.registrationHold(step.source()).begin(step.get("registerPort", Integer.class));
    }
    WriteStop.Stopped stopped =
        new WriteStop(
                step.source(),
                step.hands().on(step.source().machine()),
                step.redis(),
                new RoleFile(step.hands(), step.source()),
                step.migration())
            .stop();
    step.say(
        (stopped.already() ? "already done: source refuses writes" : "source refuses writes")
            + ", at run time and in its file, and goes on answering; it holds "
            + stopped.lastingKeys()
            + " keys that do not expire");
  }
}
