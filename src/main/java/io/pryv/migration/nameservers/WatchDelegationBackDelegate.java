package io.pryv.migration.nameservers;

import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import org.springframework.stereotype.Component;

/** Looks once whether the delegation leads to source again. */
@Component("watchDelegationBack")
class WatchDelegationBackDelegate extends StepDelegate {

  private final DnsClient dns;

  WatchDelegationBackDelegate(StepContexts contexts, DnsClient dns) {
    super(contexts);
    this.dns = dns;
  }

  @Override
  protected void perform(StepContext step) {
    Propagation.Look look = new Propagation(step.platform().reversed(), dns).look();
    step.put("delegationBack", look.moved());
    if (!look.moved()) {
      // Whatever the operator believes, somebody was led to dest: it is not let go before it is
      // silent.
      step.put("nothingChanged", false);
    }
    step.evidence("delegationBack", look.markdown());
    step.say(
        look.moved()
            ? "the parent and every resolver answer with source"
            : look.missing() + " of " + look.views().size() + " answers do not name source yet");
  }
}
