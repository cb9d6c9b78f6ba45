package io.pryv.migration.replication;

import io.pryv.migration.machine.LeaseHeld;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import io.pryv.migration.redis.Election;
import java.time.Duration;
import org.springframework.stereotype.Component;

/**
 * Lets dest follow source, which is the writer again, while name servers may lead to dest still. It
 * keeps nobody from leading them back: where dest can not follow, that is told, and the watch goes
 * on trying.
 */
@Component("followSourceBack")
class FollowSourceBackDelegate extends StepDelegate {

  /** A million users take 25 s; for this long the operator waits for the records to change. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  FollowSourceBackDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    String trouble;
    try {
      FollowSource.Progress progress = follow(step, PATIENCE);
      if (progress.inSync()) {
        step.evidence(
            "followBack",
            "Dest follows source: whoever registers meanwhile is known to dest's DNS, too.\n");
        step.say((progress.began() ? "" : "already done: ") + progress.words());
        return;
      }
      trouble = progress.words();
    } catch (StepFailure failure) {
      if (failure instanceof LeaseHeld held && held.overtaken()) {
        throw failure;
      }
      trouble = failure.getMessage();
    }
    step.evidence(
        "followBack",
        """
        **Dest does not follow source yet: a user who registers meanwhile is not known to dest's DNS.** \
        Lead the name servers back all the same. Cockpit shows the incident *destDoesNotFollow* for \
        as long as it does not; this program goes on trying. What it found:

        > %s
        """
            .formatted(trouble.strip().replace("\n", "\n> ")));
    step.say("goes on, although dest does not follow source: " + trouble);
  }

  /** Makes dest follow source after the return, unless it does, and waits for a while. */
  static FollowSource.Progress follow(StepContext step, Duration wait) {
    new Election(step.hands(), step.source(), step.dest()).requireSource();
    TunnelEnds ends = TunnelEnds.toSource(step.source(), step.dest(), TunnelPorts.PROCEDURE);
    return new FollowSource(
            step.hands(),
            step.source(),
            step.dest(),
            step.redis(),
            new Tunnel(step.hands(), ends, step.migration()),
            new TunnelKey(
                step.hands(), ends, step.migration(), step.platform().options().keyType()),
            FollowSource.Guard.afterReturn(wait))
        .look(wait);
  }
}
