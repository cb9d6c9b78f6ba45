package io.pryv.migration.proxy;

import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import io.pryv.migration.redis.Election;
import io.pryv.migration.redis.RedisServer;
import java.util.Map;
import org.springframework.stereotype.Component;

/** Lets source's nginx ask dest what source refuses, and lays the file for the switch beside. */
@Component("putRetryIn")
class PutRetryInDelegate extends StepDelegate {

  PutRetryInDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    new Election(step.hands(), step.source(), step.dest()).requireSource();
    requireReplica(step);
    RetryLocation location =
        new RetryLocation(
            step.source(),
            step.hands().on(step.source().machine()),
            step.hands().files(step.source().machine()),
            step.migration());
    boolean written = location.putIn(step.get("switchSite", RetryLocation.Prepared.class));
    step.put("switchStagedSite", RetryLocation.stagedFile(step.source()));
    step.say(
        (written ? "" : "already done: ")
            + (step.platform().options().retryOnDest()
                ? "source's nginx asks dest what source refuses"
                : "nothing is asked of dest, as the platform file says")
            + "; the site file for the switch lies beside");
  }

  /** Whatever else dest were, it could acknowledge a write that is then wiped. */
  private static void requireReplica(StepContext step) {
    try (RedisServer dest = step.redis().open(step.dest())) {
      Map<String, String> info = dest.info("replication");
      if (!"slave".equals(info.get("role")) || !"up".equals(info.get("master_link_status"))) {
        throw new StepFailure(
            step.dest().machine().name(),
            "Redis",
            "a replica of source with its link up, before nginx asks it anything",
            "role:%s master_link_status:%s"
                .formatted(info.get("role"), info.get("master_link_status")),
            "see the tunnel to source and the log of dest's Redis, then retry: nothing was changed");
      }
    }
  }
}
