package io.pryv.migration.retirement;

import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.machine.HttpsProbe;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import org.springframework.stereotype.Component;

/** Looks once whether anybody still asks dest, which passes on to source. */
@Component("watchQuietBack")
class WatchQuietBackDelegate extends SilenceDelegate {

  WatchQuietBackDelegate(StepContexts contexts, DnsClient dns, HttpsProbe https) {
    super(contexts, dns, https);
  }

  @Override
  protected void perform(StepContext step) {
    QuietWatch.Look look = look(step, step.dest(), step.destSlaves(), "quietBackEars");
    step.put("quietBack", look.quiet());
    step.evidence("quietBack", look.markdown());
  }
}
