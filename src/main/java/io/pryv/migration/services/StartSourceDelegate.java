package io.pryv.migration.services;

import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.machine.Containers;
import io.pryv.migration.machine.HttpsProbe;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import io.pryv.migration.redis.Election;
import java.time.Instant;
import org.springframework.stereotype.Component;

@Component("startSource")
class StartSourceDelegate extends StepDelegate {

  private final DnsClient dns;
  private final HttpsProbe https;

  StartSourceDelegate(StepContexts contexts, DnsClient dns, HttpsProbe https) {
    super(contexts);
    this.dns = dns;
    this.https = https;
  }

  @Override
  protected void perform(StepContext step) {
    new Election(step.hands(), step.source(), step.dest()).requireProxy();
    SignsOfLife signs = new SignsOfLife(step.platform().domain(), https, dns, step.redis());
    Start.Proxying proxying =
        new Start(
                step.source(), Containers.of(step.hands(), step.source(), step.migration()), signs)
            .asProxy();
    if (step.find("servedAgainAt", Instant.class).isEmpty()) {
      step.put("servedAgainAt", proxying.servesSince());
    }
    // Nobody waits any more.
    new Start(step.dest(), Containers.of(step.hands(), step.dest(), step.migration()), signs)
        .settleWriter();
    step.say(proxying.said());
  }
}
