package io.pryv.migration.cutover;

import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import java.time.Duration;
import org.springframework.stereotype.Component;

/** Measures how long the switch will hold the clients, for whoever decides at the gate. */
@Component("measureSwitch")
class MeasureSwitchDelegate extends SwitchDelegate {

  MeasureSwitchDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    Duration hold = switchOf(step, step.get(TUNNEL_KEY, String.class), "").measure();
    step.put("expectedOutageMs", hold.toMillis());
    step.say("the switch will hold the clients for " + hold.toMillis() + " ms");
  }
}
