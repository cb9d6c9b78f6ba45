package io.pryv.migration.proxy;

import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import org.springframework.stereotype.Component;

/** Lists the writes around the switch that were refused for good (field guide 3.20). */
@Component("listRefusedWrites")
class ListRefusedWritesDelegate extends StepDelegate {

  ListRefusedWritesDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    if (!step.platform().options().retryOnDest()) {
      step.evidence(
          "refusedWrites",
          "Writes that came in the moment of the switch were refused and not asked of dest, as the"
              + " platform file says (`retryOnDest: false`): their clients have to ask again.\n");
      step.say("nothing was asked of dest, as the platform file says: nginx keeps no list");
      return;
    }
    var refused =
        new RetryLocation(
                step.source(),
                step.hands().on(step.source().machine()),
                step.hands().files(step.source().machine()),
                step.migration())
            .refused();
    step.evidence("refusedWrites", RefusedWrite.markdown(refused));
    step.put("refusedWrites", refused.size());
    step.say(
        refused.isEmpty()
            ? "no write was refused without being asked of dest"
            : refused.size() + " writes were refused and not asked of dest: see the list");
  }
}
