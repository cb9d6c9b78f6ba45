package io.pryv.migration.verification;

import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import io.pryv.migration.redis.RedisServer;
import java.time.Duration;
import java.util.List;
import org.springframework.stereotype.Component;

/** Compares DNS answers of dest and its slaves with source's. */
@Component("verifyDns")
class VerifyDnsDelegate extends StepDelegate {

  /** At most 200 questions a second for each server: dest's DNS serves clients meanwhile. */
  private static final Duration GAP = Duration.ofMillis(5);

  private final DnsClient dns;

  VerifyDnsDelegate(StepContexts contexts, DnsClient dns) {
    super(contexts);
    this.dns = dns;
  }

  @Override
  protected void perform(StepContext step) {
    List<String> users;
    try (RedisServer source = step.redis().open(step.source())) {
      users =
          source.sampleUsers(step.platform().options().sampleUsers(), step.migration().hashCode());
    }
    NamesComparison.Compared compared =
        new NamesComparison(step.platform(), dns, GAP).compare(users);
    step.put("namesCompared", (long) compared.names());
    step.put("namesDiffering", (long) compared.differences().size());
    step.evidence("dns", compared.markdown());
    if (!compared.differences().isEmpty()) {
      throw compared.failure();
    }
    step.say(
        "%d names (%d users) compared on %s, none differs"
            .formatted(compared.names(), compared.users(), String.join(", ", compared.servers())));
  }
}
