package io.pryv.migration.retirement;

import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.machine.HttpsProbe;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import org.springframework.stereotype.Component;

/** Looks once whether anybody still asks source. */
@Component("watchQuiet")
class WatchQuietDelegate extends SilenceDelegate {

  WatchQuietDelegate(StepContexts contexts, DnsClient dns, HttpsProbe https) {
    super(contexts, dns, https);
  }

  @Override
  protected void perform(StepContext step) {
    QuietWatch.Look look = look(step, step.source(), step.sourceSlaves(), "quietEars");
    step.put("quiet", look.quiet());
    step.put("quietSince", look.quietSince());
    step.evidence("quiet", look.markdown());
  }
}
