package io.pryv.migration.retirement;

import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import java.util.List;
import org.springframework.stereotype.Component;

/** Stops source for good. */
@Component("retireSource")
class RetireSourceDelegate extends StepDelegate {

  private final DnsClient dns;

  RetireSourceDelegate(StepContexts contexts, DnsClient dns) {
    super(contexts);
    this.dns = dns;
  }

  @Override
  protected void perform(StepContext step) {
    List<String> done =
        new SourceRetirement(
                step.hands(),
                step.platform(),
                step.source(),
                step.sourceSlaves(),
                step.dest(),
                step.redis(),
                dns,
                step.migration())
            .retire();
    step.say(
        done.isEmpty()
            ? "already done: source and its slaves are stopped"
            : String.join("; ", done));
  }
}
