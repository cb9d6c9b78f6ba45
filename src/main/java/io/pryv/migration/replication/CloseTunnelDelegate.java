package io.pryv.migration.replication;

import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import java.time.Duration;
import org.springframework.stereotype.Component;

/** Leaves nothing of the tunnel running on either side. */
@Component("closeTunnel")
class CloseTunnelDelegate extends StepDelegate {

  CloseTunnelDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    TunnelKey key =
        new TunnelKey(
            step.hands(),
            step.source(),
            step.dest(),
            step.migration(),
            step.platform().options().keyType());
    boolean closed =
        new CloseTunnel(
                step.hands(),
                step.dest().machine(),
                new Tunnel(step.hands(), step.source(), step.dest(), step.migration()),
                key,
                Duration.ofSeconds(20))
            .close();
    step.say(
        (closed
                ? "closed inside source's Redis container"
                : "already done: no tunnel runs on source")
            + "; dest has no session of the tunnel's key");
  }
}
