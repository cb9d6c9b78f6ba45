package io.pryv.migration.retirement;

import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.platform.StepFailure;
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
    for (String proven : List.of("delegationMoved", "quiet")) {
      if (!step.find(proven, Boolean.class).orElse(false)) {
        throw new StepFailure(
            "this program",
            "variable " + proven,
            "true: the delegation has moved, and source was silent long enough",
            "false. Nothing was touched",
            "move the migration back to the step watchDelegation or watchQuiet (docs/operating.md"
                + " tells how), and let it see that");
      }
    }
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
