package io.pryv.migration.retirement;

import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.machine.HttpsProbe;
import io.pryv.migration.platform.Register;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/** A step that looks once whether anybody still asks a master or its slaves. */
abstract class SilenceDelegate extends StepDelegate {

  private final DnsClient dns;
  private final HttpsProbe https;

  SilenceDelegate(StepContexts contexts, DnsClient dns, HttpsProbe https) {
    super(contexts);
    this.dns = dns;
    this.https = https;
  }

  /**
   * Looks, remembers what was heard until now, and says how long the master's side was silent.
   *
   * @param ears name of the variable that remembers what was heard at the look before
   */
  final QuietWatch.Look look(
      StepContext step, Register master, List<Register> slaves, String ears) {
    List<Register> machines = Stream.concat(Stream.of(master), slaves.stream()).toList();
    Duration period =
        QuietWatch.period(
            step.platform().options().quietPeriod(),
            Duration.ofSeconds(step.find("longestTtl", Long.class).orElse(0L)));
    QuietWatch.Look look =
        new QuietWatch(step.hands(), machines, step.platform().domain(), dns, https, period)
            .look(step.find(ears, QuietWatch.Ears.class));
    step.put(ears, look.ears());
    step.say(
        "%s silent for %d s of %d s%s"
            .formatted(
                master.machine().name(),
                look.shortest().toSeconds(),
                period.toSeconds(),
                look.deaf().isEmpty()
                    ? ""
                    : "; our own request could not be read in " + String.join(", ", look.deaf())));
    return look;
  }
}
