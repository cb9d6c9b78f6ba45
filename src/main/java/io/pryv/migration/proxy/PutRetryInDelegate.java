package io.pryv.migration.proxy;

import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import org.springframework.stereotype.Component;

/** Lets source's nginx ask dest what source refuses, and lays the file for the switch beside. */
@Component("putRetryIn")
class PutRetryInDelegate extends StepDelegate {

  PutRetryInDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    RetryLocation location =
        new RetryLocation(
            step.source(),
            step.hands().on(step.source().machine()),
            step.hands().files(step.source().machine()),
            step.migration());
    boolean written = location.putIn(step.get("switchSite", RetryLocation.Prepared.class));
    step.put("switchStagedSite", RetryLocation.stagedFile(step.source()));
    step.say(
        (written ? "" : "already done: ")
            + (step.platform().options().retryOnDest()
                ? "source's nginx asks dest what source refuses"
                : "nothing is asked of dest, as the platform file says")
            + "; the site file for the switch lies beside");
  }
}
