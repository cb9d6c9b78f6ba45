package io.pryv.migration.replication;

import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import io.pryv.migration.redis.RedisServer;
import java.time.Duration;
import org.springframework.stereotype.Component;

/** Opens the tunnel through which dest follows source before a live cut-over. */
@Component("openTunnelToSource")
class OpenTunnelToSourceDelegate extends StepDelegate {

  OpenTunnelToSourceDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    TunnelEnds ends = TunnelEnds.toSource(step.source(), step.dest(), TunnelPorts.PROCEDURE);
    TunnelKey.Made made =
        new TunnelKey(step.hands(), ends, step.migration(), step.platform().options().keyType())
            .make();
    step.evidence(
        "keys",
        """
        | what | where |
        |---|---|
        | private key | dest, `%s` |
        | fingerprint | `%s` |
        | line in source's authorized_keys | `%s…` |
        """
            .formatted(
                made.key(),
                made.fingerprint(),
                made.line().substring(0, Math.min(200, made.line().length()))));
    try (RedisServer source = step.redis().open(step.source())) {
      boolean opened =
          new Tunnel(step.hands(), ends, step.migration())
              .open(source.info("server").get("run_id"), Duration.ofSeconds(20));
      step.say(
          (opened ? "opened" : "already done")
              + ": 127.0.0.1:"
              + ends.ports().near()
              + " inside "
              + step.dest().layout().redisContainer()
              + " is source's Redis, by the key "
              + made.fingerprint());
    }
  }
}
