package io.pryv.migration.nameservers;

import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import java.util.List;
import org.springframework.stereotype.Component;

/**
 * Looks once whether the delegation has moved. What no waiting changes (a resolver that is dead,
 * name servers of somebody else) is shown to an approver, who may accept just that.
 */
@Component("watchDelegation")
class WatchDelegationDelegate extends StepDelegate {

  /** Looks, one after the other, that miss the same, before somebody is asked. */
  private static final int PATIENCE = 10;

  private final DnsClient dns;

  WatchDelegationDelegate(StepContexts contexts, DnsClient dns) {
    super(contexts);
    this.dns = dns;
  }

  @Override
  protected void perform(StepContext step) {
    Propagation.Look look = new Propagation(step.platform(), dns).look();
    String stuck = String.join("\n", look.stuck());
    boolean accepted =
        !stuck.isEmpty()
            && List.of(step.find("acceptedDelegation", String.class).orElse("").split("\n", -1))
                .containsAll(look.stuck());
    int looks =
        !stuck.isEmpty() && stuck.equals(step.find("stuckDelegation", String.class).orElse(""))
            ? step.find("stuckLooks", Integer.class).orElse(0) + 1
            : 1;
    boolean ask = !stuck.isEmpty() && !accepted && looks >= PATIENCE;
    step.put("delegationMoved", look.moved() || accepted);
    step.put("delegationStuck", ask);
    step.put("stuckDelegation", stuck);
    step.put("stuckLooks", ask ? 0 : looks);
    step.evidence("delegation", look.markdown());
    step.say(said(look, accepted));
  }

  private static String said(Propagation.Look look, boolean accepted) {
    if (look.moved()) {
      return "the parent and every resolver answer with dest";
    }
    return accepted
        ? "the parent and every resolver answer with dest, but for %d answers that were accepted: %s"
            .formatted(look.missing(), String.join("; ", look.stuck()))
        : look.missing() + " of " + look.views().size() + " answers do not name dest yet";
  }
}
