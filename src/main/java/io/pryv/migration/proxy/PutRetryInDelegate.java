package io.pryv.migration.proxy;

import io.pryv.migration.machine.RegistrationHold;
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
    if (!follows(step)) {
      // Source was restarted meanwhile, or the tunnel broke.
      step.put("destInSync", false);
      step.say(
          "dest does not follow source any more: it has to catch up first; nothing is changed");
      return;
    }
    RetryLocation location =
        new RetryLocation(
            step.source(),
            step.hands().on(step.source().machine()),
            step.hands().files(step.source().machine()),
            step.migration());
    RetryLocation.Prepared prepared = step.get("switchSite", RetryLocation.Prepared.class);
    boolean written = location.putIn(prepared);
    step.put("switchStagedSite", RetryLocation.stagedFile(step.source()));
    step.put(
        "holdDirectory",
        prepared.hold().isEmpty() ? "" : RegistrationHold.directory(step.migration()));
    step.put("registerPort", prepared.registerPort());
    step.say(
        (written ? "" : "already done: ")
            + (step.platform().options().retryOnDest()
                ? "source's nginx asks dest what source refuses"
                : "nothing is asked of dest, as the platform file says")
            + (prepared.hold().isEmpty()
                ? "; no registration waits for the switch, as the platform file says"
                : "; registrations can wait in it for the switch")
            + "; the site file for the switch lies beside");
  }

  /** Whatever else dest were, it could acknowledge a write that is then wiped. */
  private static boolean follows(StepContext step) {
    try (RedisServer dest = step.redis().open(step.dest())) {
      Map<String, String> info = dest.info("replication");
      return "slave".equals(info.get("role")) && "up".equals(info.get("master_link_status"));
    }
  }
}
