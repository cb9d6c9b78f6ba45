package io.pryv.migration.replication;

import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import io.pryv.migration.redis.RedisServer;
import io.pryv.migration.redis.RestingFiles;
import java.time.Duration;
import org.springframework.stereotype.Component;

/** Makes source's Redis a replica of dest's. */
@Component("followDest")
class FollowDestDelegate extends StepDelegate {

  /** A million users take 25 s; the engine runs a job twice that takes 5 minutes. */
  private static final Duration LONGEST_TRANSFER = Duration.ofMinutes(3);

  /** Docker lets a service that ended at its start wait up to a minute before the next try. */
  private static final Duration LONGEST_START = Duration.ofSeconds(90);

  private final DnsClient dns;

  FollowDestDelegate(StepContexts contexts, DnsClient dns) {
    super(contexts);
    this.dns = dns;
  }

  @Override
  protected void perform(StepContext step) {
    try (RedisServer redis = step.redis().open(step.source())) {
      new RestingFiles(step.hands().on(step.source().machine()), step.migration()).end(redis);
    }
    FollowDest.Following following =
        new FollowDest(
                step.hands(),
                step.source(),
                step.dest(),
                step.sourceSlaves(),
                step.redis(),
                dns,
                new Tunnel(step.hands(), step.source(), step.dest(), step.migration()),
                step.platform().domain(),
                step.migration(),
                LONGEST_TRANSFER,
                LONGEST_START)
            .follow();
    step.evidence("follow", following.markdown());
    step.say(
        (following.changed() ? "source follows dest: " : "already done: source follows dest: ")
            + String.join("; ", following.lines()));
  }
}
