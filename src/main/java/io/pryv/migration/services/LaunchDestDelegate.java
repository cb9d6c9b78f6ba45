package io.pryv.migration.services;

import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.machine.Container;
import io.pryv.migration.machine.Containers;
import io.pryv.migration.machine.HttpsProbe;
import io.pryv.migration.machine.LaunchProof;
import io.pryv.migration.machine.ServerIdentity;
import io.pryv.migration.platform.Register;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import io.pryv.migration.redis.Election;
import java.util.List;
import org.springframework.stereotype.Component;

@Component("launchDest")
class LaunchDestDelegate extends StepDelegate {

  private final DnsClient dns;
  private final HttpsProbe https;

  private final List<LaunchProof> proofs;

  LaunchDestDelegate(
      StepContexts contexts, DnsClient dns, HttpsProbe https, List<LaunchProof> proofs) {
    super(contexts);
    this.dns = dns;
    this.https = https;
    this.proofs = proofs;
  }

  @Override
  protected void perform(StepContext step) {
    new Election(step.hands(), step.source(), step.dest()).requireSource();
    Register dest = step.dest();
    step.put(
        StepContext.DEST_IDENTITY,
        ServerIdentity.of(step.hands().files(dest.machine()), dest, step.platform().domain()));
    Containers containers = Containers.of(step.hands(), dest, step.migration());
    step.put("destWasRunning", containers.remember().stream().anyMatch(Container::up));
    Launch.Launched launched =
        new Launch(
                dest,
                step.hands().on(dest.machine()),
                containers,
                new SignsOfLife(
                    step.platform().domain(), step.knowingDest(https), dns, step.redis()))
            .launch();
    StringBuilder proven = new StringBuilder();
    for (LaunchProof proof : proofs) {
      proven.append(
          proof.prove(step.hands(), step.source(), dest, step.platform(), step.migration()));
    }
    step.evidence("launchDest", launched.markdown() + proven);
    step.say(
        (launched.alreadyUp() ? "already done: every service of dest runs" : "dest launched")
            + " and answers over HTTPS, DNS and Redis, and to source's nginx");
  }
}
