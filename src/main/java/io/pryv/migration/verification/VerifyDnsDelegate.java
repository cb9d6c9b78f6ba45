package io.pryv.migration.verification;

import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import io.pryv.migration.redis.RedisServer;
import java.time.Duration;
import java.util.List;
import org.springframework.stereotype.Component;

/** One round of comparing DNS answers of dest and its slaves with source's. */
@Component("verifyDns")
class VerifyDnsDelegate extends StepDelegate {

  /** At most 200 questions a second for each server: dest's DNS serves clients meanwhile. */
  private static final Duration GAP = Duration.ofMillis(5);

  /** A large sample takes hours; a job that takes 5 minutes is run twice by the engine. */
  private static final Duration ROUND = Duration.ofSeconds(30);

  private final DnsClient dns;

  VerifyDnsDelegate(StepContexts contexts, DnsClient dns) {
    super(contexts);
    this.dns = dns;
  }

  /** How long one call compares. */
  Duration round() {
    return ROUND;
  }

  @Override
  protected void perform(StepContext step) {
    NamesComparison.Compared compared;
    try (RedisServer source = step.redis().open(step.source())) {
      compared =
          new NamesComparison(
                  step.platform(), dns, GAP, user -> source.get(user + ":server") == null)
              .goOn(askedBefore(step), sample(step, source), round());
    }
    NamesComparison.Asked asked = compared.asked();
    step.put("namesCompared", (long) asked.names());
    step.put("namesDiffering", (long) compared.differences().size());
    step.evidence("dns", compared.markdown());
    if (!compared.differences().isEmpty()) {
      throw compared.failure();
    }
    step.put("namesAsked", asked);
    step.put("verifyDnsDone", compared.all());
    step.say(
        "%d names (%d users) compared on %s%s, none differs%s"
            .formatted(
                asked.names(),
                asked.users(),
                String.join(", ", compared.servers()),
                compared.all() ? "" : " so far",
                asked.coreless().isEmpty()
                    ? ""
                    : "; users without a core: " + asked.coreless().size()));
  }

  /** A comparison that was over begins anew. */
  private static NamesComparison.Asked askedBefore(StepContext step) {
    return step.find("verifyDnsDone", Boolean.class).orElse(true)
        ? NamesComparison.Asked.NOTHING
        : step.get("namesAsked", NamesComparison.Asked.class);
  }

  /** Drawn anew for each round, which costs less than keeping the names: the seed is the same. */
  private static List<String> sample(StepContext step, RedisServer source) {
    return source.sampleUsers(step.platform().options().sampleUsers(), step.migration().hashCode());
  }
}
