package io.pryv.migration.replication;

import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.platform.Register;
import io.pryv.migration.process.StandingWatch;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.replication.ReplicationHealth.Health;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.springframework.stereotype.Component;

/**
 * Keeps the tunnel open, lets source's and its slaves' services start again, and tells when source
 * does not follow dest or its DNS is silent.
 */
@Component
class TunnelWatch implements StandingWatch {

  private final DnsClient dns;

  /** By migration and machine. */
  private final Map<String, Awakening> awakenings = new ConcurrentHashMap<>();

  TunnelWatch(DnsClient dns) {
    this.dns = dns;
  }

  @Override
  public Finding look(StepContext step) {
    ReplicationHealth replication =
        new ReplicationHealth(step.hands(), step.source(), step.dest(), step.migration());
    CompletableFuture<Health> health = CompletableFuture.supplyAsync(replication::look);
    List<CompletableFuture<Finding>> slaves = new ArrayList<>();
    for (Register slave : step.sourceSlaves()) {
      Replica replica = replica(step, slave, step.source());
      slaves.add(CompletableFuture.supplyAsync(() -> judge(step, replica, replica.look())));
    }
    Replica source = replica(step, step.source(), step.dest());
    Finding ofSource = judge(step, source, source.look(() -> health.join().replication()));

    List<String> troubles = new ArrayList<>(health.join().troubles());
    List<Supplier<String>> remedies = new ArrayList<>();
    if (!health.join().supervised()) {
      remedies.add(() -> replication.mend() ? "the tunnel of source to dest is opened again" : "");
    }
    troubles.addAll(ofSource.troubles());
    remedies.addAll(ofSource.remedies());
    for (CompletableFuture<Finding> slave : slaves) {
      try {
        troubles.addAll(slave.join().troubles());
        remedies.addAll(slave.join().remedies());
      } catch (CompletionException e) {
        troubles.add(String.valueOf(e.getCause().getMessage()));
      }
    }
    return new Finding(troubles, remedies);
  }

  private Finding judge(StepContext step, Replica replica, Replica.Seen seen) {
    Awakening.Judgement judged =
        awakenings
            .computeIfAbsent(
                step.migration() + " " + replica.machine(), id -> new Awakening(Clock.systemUTC()))
            .judge(replica, seen);
    List<Supplier<String>> remedies =
        switch (judged.move()) {
          case OPEN -> List.of(replica::open);
          case START_AGAIN -> List.of(replica::startAgain);
          case CLOSE -> List.of(replica::close);
          case NONE -> List.of();
        };
    return new Finding(judged.trouble().stream().toList(), remedies);
  }

  private Replica replica(StepContext step, Register register, Register master) {
    return new Replica(step.hands(), register, master, step.redis(), dns, step.platform().domain());
  }
}
