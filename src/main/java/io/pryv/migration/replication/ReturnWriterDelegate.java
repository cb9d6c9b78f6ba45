package io.pryv.migration.replication;

import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import io.pryv.migration.redis.RedisServer;
import io.pryv.migration.redis.RestingFiles;
import io.pryv.migration.redis.RoleFile;
import java.time.Duration;
import org.springframework.stereotype.Component;

/** Makes source the writer again, with all that dest has taken. */
@Component("returnWriter")
class ReturnWriterDelegate extends StepDelegate {

  private static final Duration LONGEST_TRANSFER = Duration.ofMinutes(2);

  private final DnsClient dns;

  ReturnWriterDelegate(StepContexts contexts, DnsClient dns) {
    super(contexts);
    this.dns = dns;
  }

  @Override
  protected void perform(StepContext step) {
    try (RedisServer redis = step.redis().open(step.source())) {
      new RestingFiles(step.hands().on(step.source().machine()), step.migration()).end(redis);
    }
    Tunnel tunnel = new Tunnel(step.hands(), step.source(), step.dest(), step.migration());
    FollowDest followDest =
        new FollowDest(
            step.hands(),
            step.source(),
            step.dest(),
            step.sourceSlaves(),
            step.redis(),
            dns,
            tunnel,
            step.platform().domain(),
            step.migration(),
            LONGEST_TRANSFER,
            Duration.ZERO);
    ReturnWriter.Returned returned =
        new ReturnWriter(
                step.source(),
                step.dest(),
                new RoleFile(step.hands(), step.source()),
                new RoleFile(step.hands(), step.dest()),
                step.redis(),
                new ReturnWriter.Follower() {
                  @Override
                  public void follow() {
                    followDest.turn();
                  }

                  @Override
                  public void keepOpen(String runIdOfDest) {
                    tunnel.open(runIdOfDest, Duration.ofSeconds(20));
                  }
                },
                Duration.ofMinutes(1),
                Duration.ofSeconds(2))
            .give();
    if (returned.refusedSince() != null) {
      step.put("writesRefusedSince", returned.refusedSince());
    }
    step.evidence("returnWriter", returned.markdown());
    step.say((returned.changed() ? "" : "already done: ") + String.join("; ", returned.lines()));
  }
}
