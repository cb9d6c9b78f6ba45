package io.pryv.migration.transfer;

import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import io.pryv.migration.redis.DestData;
import java.util.List;
import org.springframework.stereotype.Component;

@Component("removeKeys")
class RemoveKeysDelegate extends StepDelegate {

  RemoveKeysDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    List<String> removed =
        new KeyRemoval(step.hands(), step.journal(), step.migration())
            .remove(step.source(), step.dest());
    boolean forgotten =
        new DestData(step.hands().on(step.dest().machine()), step.dest(), step.migration())
            .forget();
    step.say(
        (removed.isEmpty()
                ? "already done: no key of this migration is left"
                : "removed " + String.join(", ", removed))
            + (forgotten ? "; and what dest's data directory held before the first sync" : ""));
  }
}
