package io.pryv.migration.services;

import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.machine.Containers;
import io.pryv.migration.machine.HttpsProbe;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import io.pryv.migration.redis.DestData;
import io.pryv.migration.redis.RoleFile;
import org.springframework.stereotype.Component;

@Component("startDest")
class StartDestDelegate extends StepDelegate {

  private final DnsClient dns;
  private final HttpsProbe https;

  StartDestDelegate(StepContexts contexts, DnsClient dns, HttpsProbe https) {
    super(contexts);
    this.dns = dns;
    this.https = https;
  }

  @Override
  protected void perform(StepContext step) {
    Containers dest = Containers.of(step.hands(), step.dest(), step.migration());
    new OneWriter(step.source(), step.dest(), dest, step.redis(), step.hands(), step.migration())
        .allow();
    Start start =
        new Start(
            step.dest(),
            dest,
            new SignsOfLife(step.platform().domain(), step.knowingDest(https), dns, step.redis()));
    step.say(
        start.asWriter(
            new DestData(step.hands().on(step.dest().machine()), step.dest(), step.migration()),
            step.redis(),
            new RoleFile(step.hands(), step.dest()),
            step.outageDeadline()));
  }
}
