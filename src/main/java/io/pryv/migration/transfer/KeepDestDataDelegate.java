package io.pryv.migration.transfer;

import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import io.pryv.migration.redis.DestData;
import io.pryv.migration.redis.Election;
import org.springframework.stereotype.Component;

/** Keeps what dest's data directory holds before replication replaces it. */
@Component("keepDestData")
class KeepDestDataDelegate extends StepDelegate {

  KeepDestDataDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    new Election(step.hands(), step.source(), step.dest()).requireSource();
    boolean kept =
        new DestData(step.hands().on(step.dest().machine()), step.dest(), step.migration())
            .keep(step.redis());
    step.say((kept ? "kept" : "already done") + ": what dest held by itself can be put back");
  }
}
