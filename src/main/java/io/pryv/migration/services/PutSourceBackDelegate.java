package io.pryv.migration.services;

import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.machine.HttpsProbe;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import java.time.Duration;
import java.time.Instant;
import org.springframework.stereotype.Component;

@Component("putSourceBack")
class PutSourceBackDelegate extends StepDelegate {

  private final DnsClient dns;
  private final HttpsProbe https;

  PutSourceBackDelegate(StepContexts contexts, DnsClient dns, HttpsProbe https) {
    super(contexts);
    this.dns = dns;
    this.https = https;
  }

  @Override
  protected void perform(StepContext step) {
    SourceBack.Restored restored =
        new SourceBack(
                step.hands(),
                step.journal(),
                step.source(),
                step.dest(),
                step.redis(),
                new SignsOfLife(step.platform().domain(), https, dns, step.redis()),
                step.migration())
            .restore();
    String outage =
        restored.already()
            ? ""
            : step.find("coldWindowStartedAt", Instant.class)
                .map(began -> Duration.between(began, Instant.now()).toMillis())
                .map(millis -> "; the outage lasted at most " + millis + " ms")
                .orElse("");
    step.evidence("putSourceBack", restored.said() + outage + ".\n");
    step.say(restored.said() + outage);
    restored
        .destFailure()
        .ifPresent(
            failure -> {
              throw failure;
            });
  }
}
