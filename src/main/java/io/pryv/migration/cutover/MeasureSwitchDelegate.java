package io.pryv.migration.cutover;

import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import java.time.Duration;
import org.springframework.stereotype.Component;

/** Measures how long the switch will hold the clients, for whoever decides at the gate. */
@Component("measureSwitch")
class MeasureSwitchDelegate extends StepDelegate {

  MeasureSwitchDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    Duration hold =
        new Switch(
                step.hands(),
                step.journal(),
                step.redis(),
                new SwitchScript(
                    step.source(),
                    step.dest(),
                    step.migration(),
                    step.get("tunnelKeyFile", String.class),
                    ""))
            .measure();
    step.put("expectedOutageMs", hold.toMillis());
    step.say("the switch will hold the clients for " + hold.toMillis() + " ms");
  }
}
