package io.pryv.migration.services;

import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.machine.Containers;
import io.pryv.migration.machine.HttpsProbe;
import io.pryv.migration.machine.NginxLeadsAway;
import io.pryv.migration.platform.Register;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import io.pryv.migration.redis.RoleFile;
import org.springframework.stereotype.Component;

/**
 * Brings source's services up, behind the proxy that leads to dest, for a rollback that finds them
 * down: their register and dns begin with a write, which nobody but they can send there.
 */
@Component("standBehindDest")
class StandBehindDestDelegate extends StepDelegate {

  private final DnsClient dns;
  private final HttpsProbe https;

  StandBehindDestDelegate(StepContexts contexts, DnsClient dns, HttpsProbe https) {
    super(contexts);
    this.dns = dns;
    this.https = https;
  }

  @Override
  protected void perform(StepContext step) {
    Register source = step.source();
    Containers containers = Containers.of(step.hands(), source, step.migration());
    step.say(
        new SourceBehindDest(
                source,
                containers,
                new RoleFile(step.hands(), source),
                step.redis(),
                new Start(
                    source,
                    containers,
                    new SignsOfLife(step.platform().domain(), https, dns, step.redis())),
                () -> NginxLeadsAway.objection(step.hands().on(source.machine()), source))
            .stand());
    for (Register slave : step.sourceSlaves()) {
      Containers ofSlave = Containers.of(step.hands(), slave, step.migration());
      if (ofSlave.heldDown()) {
        ofSlave.start();
        step.say(slave.machine().name() + " started again");
      }
    }
  }
}
