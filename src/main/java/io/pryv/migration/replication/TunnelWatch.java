package io.pryv.migration.replication;

import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.process.Following;
import io.pryv.migration.process.StandingWatch;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.replication.ReplicationHealth.Health;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.springframework.stereotype.Component;

/**
 * Keeps the tunnel open, lets the services of the register that follows and of its slaves start
 * again, has the tunnel's key be let in for as long as it is used, and tells when it does not
 * follow or its DNS is silent. Source's file says whom it follows; dest's never does, so dest is
 * made to follow again.
 */
@Component
class TunnelWatch implements StandingWatch {

  /**
   * What could not be done is tried again after that; each time all of dest's users are compared.
   */
  private static final Duration PAUSE = Duration.ofSeconds(30);

  private final DnsClient dns;

  /** By migration and machine. */
  private final Map<String, Awakening> awakenings = new ConcurrentHashMap<>();

  /** By migration: until when dest is not asked to follow again, since it could not be done. */
  private final Map<String, Instant> notBefore = new ConcurrentHashMap<>();

  private final KeyRenewals renewals;

  TunnelWatch(DnsClient dns, Clock clock) {
    this.dns = dns;
    this.renewals = new KeyRenewals(clock);
  }

  @Override
  public Finding look(StepContext step, Following following) {
    boolean back = following == Following.DEST;
    Register follower = back ? step.dest() : step.source();
    Register followed = back ? step.source() : step.dest();
    TunnelEnds ends =
        back
            ? TunnelEnds.toSource(step.source(), step.dest(), TunnelPorts.PROCEDURE)
            : TunnelEnds.toDest(step.source(), step.dest(), TunnelPorts.PROCEDURE);
    ReplicationHealth replication =
        new ReplicationHealth(new Tunnel(step.hands(), ends, step.migration()));
    CompletableFuture<Health> health =
        CompletableFuture.supplyAsync(replication::look, Replica.LOOKS);
    List<CompletableFuture<Finding>> slaves = new ArrayList<>();
    for (Register slave : back ? step.destSlaves() : step.sourceSlaves()) {
      Replica replica = replica(step, slave, follower);
      slaves.add(
          CompletableFuture.supplyAsync(() -> judge(step, replica, replica.look()), Replica.LOOKS));
    }
    Replica own = replica(step, follower, followed);
    Finding ofOwn = judge(step, own, own.look(() -> health.join().replication()));

    List<String> troubles = new ArrayList<>(health.join().troubles());
    List<Supplier<String>> remedies = new ArrayList<>();
    if (back) {
      followAgain(step, health.join()).ifPresent(remedies::add);
    } else if (!health.join().supervised()) {
      remedies.add(() -> replication.mend() ? "the tunnel of source to dest is opened again" : "");
    }
    troubles.addAll(ofOwn.troubles());
    remedies.addAll(ofOwn.remedies());
    for (CompletableFuture<Finding> slave : slaves) {
      try {
        troubles.addAll(slave.join().troubles());
        remedies.addAll(slave.join().remedies());
      } catch (CompletionException e) {
        troubles.add(String.valueOf(e.getCause().getMessage()));
      }
    }
    String tunnel = step.migration() + " " + following;
    renewals.trouble(tunnel).ifPresent(troubles::add);
    renewals
        .due(
            tunnel,
            "the line that lets the tunnel's key in on "
                + ends.farName()
                + " is written anew, to last for ninety days",
            () -> key(step, ends).renew())
        .ifPresent(remedies::add);
    return new Finding(troubles, remedies);
  }

  private static TunnelKey key(StepContext step, TunnelEnds ends) {
    return new TunnelKey(step.hands(), ends, step.migration(), step.platform().options().keyType());
  }

  /** Nothing can be done for a Redis that does not answer; once it does, it is looked at again. */
  private Optional<Supplier<String>> followAgain(StepContext step, Health health) {
    boolean due =
        !health.replication().isEmpty()
            && !(health.open() && "slave".equals(health.replication().get("role")))
            && !Instant.now().isBefore(notBefore.getOrDefault(step.migration(), Instant.EPOCH));
    return due ? Optional.of(() -> followAgain(step)) : Optional.empty();
  }

  private String followAgain(StepContext step) {
    try {
      FollowSource.Progress progress = FollowSourceBackDelegate.follow(step, Duration.ZERO);
      notBefore.remove(step.migration());
      return progress.began()
          ? "dest is made to follow source again: " + progress.words()
          : progress.reopened() ? "the tunnel of dest to source is opened again" : "";
    } catch (StepFailure refused) {
      notBefore.put(step.migration(), Instant.now().plus(PAUSE));
      throw refused;
    }
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
