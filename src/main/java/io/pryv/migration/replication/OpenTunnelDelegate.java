package io.pryv.migration.replication;

import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import io.pryv.migration.redis.RedisServer;
import java.time.Duration;
import org.springframework.stereotype.Component;

/** Opens the tunnel from source's Redis container to dest's Redis. */
@Component("openTunnel")
class OpenTunnelDelegate extends StepDelegate {

  OpenTunnelDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    try (RedisServer dest = step.redis().open(step.dest())) {
      String runId = dest.info("server").get("run_id");
      boolean opened =
          new Tunnel(step.hands(), step.source(), step.dest(), step.migration())
              .open(runId, Duration.ofSeconds(20));
      step.say(
          (opened ? "opened" : "already done")
              + ": 127.0.0.1:4567 inside "
              + step.source().layout().redisContainer()
              + " is dest's Redis, run_id "
              + runId);
    }
  }
}
