package io.pryv.migration.services;

import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.machine.Container;
import io.pryv.migration.machine.Containers;
import io.pryv.migration.machine.HttpsProbe;
import io.pryv.migration.platform.Register;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import io.pryv.migration.redis.Election;
import org.springframework.stereotype.Component;

@Component("launchDest")
class LaunchDestDelegate extends StepDelegate {

  private final DnsClient dns;
  private final HttpsProbe https;

  LaunchDestDelegate(StepContexts contexts, DnsClient dns, HttpsProbe https) {
    super(contexts);
    this.dns = dns;
    this.https = https;
  }

  @Override
  protected void perform(StepContext step) {
    new Election(step.hands(), step.source(), step.dest()).requireSource();
    Register dest = step.dest();
    Containers containers = Containers.of(step.hands(), dest, step.migration());
    step.put("destWasRunning", containers.remember().stream().anyMatch(Container::up));
    Launch.Launched launched =
        new Launch(
                dest,
                step.hands().on(dest.machine()),
                containers,
                new SignsOfLife(step.platform().domain(), https, dns, step.redis()))
            .launch();
    step.evidence("launchDest", launched.markdown());
    step.say(
        (launched.alreadyUp() ? "already done: every service of dest runs" : "dest launched")
            + " and answers over HTTPS, DNS and Redis");
  }
}
