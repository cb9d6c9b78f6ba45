package io.pryv.migration.replication;

import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.process.StandingWatch;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.replication.ReplicationHealth.Health;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.springframework.stereotype.Component;

/** Keeps the tunnel open, and tells when source does not follow dest or its DNS is silent. */
@Component
class TunnelWatch implements StandingWatch {

  private final DnsClient dns;

  TunnelWatch(DnsClient dns) {
    this.dns = dns;
  }

  @Override
  public Optional<String> look(StepContext step) {
    ReplicationHealth replication =
        new ReplicationHealth(step.hands(), step.source(), step.dest(), step.migration());
    Health health = replication.look();
    if (!health.supervised()) {
      replication.mend();
    }
    List<Machine> answering = new ArrayList<>(List.of(step.source().machine()));
    step.sourceSlaves().forEach(slave -> answering.add(slave.machine()));
    List<String> troubles = new ArrayList<>(health.troubles());
    troubles.addAll(new DnsHealth(dns, answering, step.platform().domain()).troubles());
    return troubles.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", troubles));
  }
}
