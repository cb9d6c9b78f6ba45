package io.pryv.migration.proxy;

import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import io.pryv.migration.redis.Election;
import org.springframework.stereotype.Component;

/**
 * Takes back what {@code putRetryIn} did, before dest leaves its role. Once the switch has put the
 * site file that leads to dest in its place, there is nothing to take back: source would answer
 * clients behind an elected dest.
 */
@Component("takeRetryOut")
class TakeRetryOutDelegate extends StepDelegate {

  TakeRetryOutDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    if (new Election(step.hands(), step.source(), step.dest()).nginxLeadsToDest()) {
      step.say("already done: the switch has put the file that leads to dest in its place");
      return;
    }
    RetryLocation location =
        new RetryLocation(
            step.source(),
            step.hands().on(step.source().machine()),
            step.hands().files(step.source().machine()),
            step.migration());
    var done = location.takeOut();
    var refused = location.refused();
    if (!refused.isEmpty()) {
      step.evidence("refusedWrites", RefusedWrite.markdown(refused));
    }
    step.say(done.isEmpty() ? "already done: nginx asks dest nothing" : String.join("; ", done));
  }
}
