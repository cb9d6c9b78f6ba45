package io.pryv.migration.proxy;

import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import org.springframework.stereotype.Component;

/** Takes back what {@code putRetryIn} did, before dest leaves its role. */
@Component("takeRetryOut")
class TakeRetryOutDelegate extends StepDelegate {

  TakeRetryOutDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    var done =
        new RetryLocation(
                step.source(),
                step.hands().on(step.source().machine()),
                step.hands().files(step.source().machine()),
                step.migration())
            .takeOut();
    step.say(done.isEmpty() ? "already done: nginx asks dest nothing" : String.join("; ", done));
  }
}
