package io.pryv.migration.nameservers;

import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import org.springframework.stereotype.Component;

/** Looks once whether the delegation has moved. */
@Component("watchDelegation")
class WatchDelegationDelegate extends StepDelegate {

  private final DnsClient dns;

  WatchDelegationDelegate(StepContexts contexts, DnsClient dns) {
    super(contexts);
    this.dns = dns;
  }

  @Override
  protected void perform(StepContext step) {
    Propagation.Look look = new Propagation(step.platform(), dns).look();
    step.put("delegationMoved", look.moved());
    step.evidence("delegation", look.markdown());
    step.say(
        look.moved()
            ? "the parent and every resolver answer with dest"
            : look.missing() + " of " + look.views().size() + " answers do not name dest yet");
  }
}
