package io.pryv.migration.services;

import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.machine.Containers;
import io.pryv.migration.machine.HttpsProbe;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import io.pryv.migration.redis.RedisDoor;
import java.time.Instant;
import org.springframework.stereotype.Component;

@Component("startSource")
class StartSourceDelegate extends StepDelegate {

  private final RedisDoor redis;
  private final DnsClient dns;
  private final HttpsProbe https;

  StartSourceDelegate(StepContexts contexts, RedisDoor redis, DnsClient dns, HttpsProbe https) {
    super(contexts);
    this.redis = redis;
    this.dns = dns;
    this.https = https;
  }

  @Override
  protected void perform(StepContext step) {
    Start start =
        new Start(
            step.source(),
            Containers.of(step.hands(), step.source(), step.migration()),
            new SignsOfLife(step.platform().domain(), https, dns, redis));
    Start.Proxying proxying = start.asProxy();
    if (step.find("servedAgainAt", Instant.class).isEmpty()) {
      step.put("servedAgainAt", proxying.servesSince());
    }
    step.say(proxying.said());
  }
}
