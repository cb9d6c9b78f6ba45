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

/** Looks once whether anybody still asks dest, which passes on to source and follows it. */
@Component("watchQuietBack")
class WatchQuietBackDelegate extends StepDelegate {

  private final DnsClient dns;
  private final HttpsProbe https;

  WatchQuietBackDelegate(StepContexts contexts, DnsClient dns, HttpsProbe https) {
    super(contexts);
    this.dns = dns;
    this.https = https;
  }

  @Override
  protected void perform(StepContext step) {
    List<Register> machines = new ArrayList<>(List.of(step.dest()));
    machines.addAll(step.destSlaves());
    Duration period =
        QuietWatch.period(
            step.platform().options().quietPeriod(),
            Duration.ofSeconds(step.find("longestTtl", Long.class).orElse(0L)));
    QuietWatch.Look look =
        new QuietWatch(step.hands(), machines, step.platform().domain(), dns, https, period)
            .look(step.find("quietBackEars", QuietWatch.Ears.class));
    step.put("quietBackEars", look.ears());
    step.put("quietBack", look.quiet());
    step.evidence("quietBack", look.markdown());
    step.say(
        "dest silent for %d s of %d s%s"
            .formatted(
                look.shortest().toSeconds(),
                period.toSeconds(),
                look.deaf().isEmpty()
                    ? ""
                    : "; our own request was not found in " + String.join(", ", look.deaf())));
  }
}
