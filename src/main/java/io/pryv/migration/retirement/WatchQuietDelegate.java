package io.pryv.migration.retirement;

import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.machine.HttpsProbe;
import io.pryv.migration.platform.Register;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.springframework.stereotype.Component;

/** Looks once whether anybody still asks source. */
@Component("watchQuiet")
class WatchQuietDelegate extends StepDelegate {

  private final DnsClient dns;
  private final HttpsProbe https;

  WatchQuietDelegate(StepContexts contexts, DnsClient dns, HttpsProbe https) {
    super(contexts);
    this.dns = dns;
    this.https = https;
  }

  @Override
  protected void perform(StepContext step) {
    List<Register> machines = new ArrayList<>(List.of(step.source()));
    machines.addAll(step.sourceSlaves());
    Duration period =
        QuietWatch.period(
            step.platform().options().quietPeriod(),
            Duration.ofSeconds(step.find("longestTtl", Long.class).orElse(0L)));
    QuietWatch.Look look =
        new QuietWatch(step.hands(), machines, step.platform().domain(), dns, https, period)
            .look(step.find("quietEars", QuietWatch.Ears.class));
    step.put("quietEars", look.ears());
    step.put("quiet", look.quiet());
    step.put("quietSince", look.quietSince());
    step.evidence("quiet", look.markdown());
    step.say(
        "silent for %d s of %d s%s"
            .formatted(
                look.shortest().toSeconds(),
                period.toSeconds(),
                look.deaf().isEmpty()
                    ? ""
                    : "; our own request was not found in " + String.join(", ", look.deaf())));
  }
}
