package io.pryv.migration.replication;

import io.pryv.migration.process.StandingWatch;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.replication.ReplicationHealth.Health;
import java.util.Optional;
import org.springframework.stereotype.Component;

/** Keeps the tunnel open, and tells when source does not follow dest. */
@Component
class TunnelWatch implements StandingWatch {

  @Override
  public Optional<String> look(StepContext step) {
    ReplicationHealth replication =
        new ReplicationHealth(step.hands(), step.source(), step.dest(), step.migration());
    Health health = replication.look();
    if (!health.supervised()) {
      replication.mend();
    }
    return health.healthy() ? Optional.empty() : Optional.of(String.join("; ", health.troubles()));
  }
}
