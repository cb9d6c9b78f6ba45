package io.pryv.migration.services;

import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.machine.HttpsProbe;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.springframework.stereotype.Component;

/**
 * Sees that a dest which follows source answers over HTTPS and DNS: its services may have been
 * started again since, and on a replica they can not come up (field guide 3.12).
 */
@Component("seeDestServes")
class SeeDestServesDelegate extends StepDelegate {

  private static final Duration PATIENCE = Duration.ofSeconds(15);

  private final DnsClient dns;
  private final HttpsProbe https;

  SeeDestServesDelegate(StepContexts contexts, DnsClient dns, HttpsProbe https) {
    super(contexts);
    this.dns = dns;
    this.https = https;
  }

  @Override
  protected void perform(StepContext step) {
    SignsOfLife signs =
        new SignsOfLife(step.platform().domain(), step.knowingDest(https), dns, step.redis());
    Map<String, Duration> answered =
        Readiness.after(
            () -> {},
            step.dest().machine().name(),
            List.of(signs.https(step.dest()), signs.dns(step.dest())),
            PATIENCE);
    step.say("dest answers with source's data: " + String.join(", ", answered.keySet()));
  }
}
