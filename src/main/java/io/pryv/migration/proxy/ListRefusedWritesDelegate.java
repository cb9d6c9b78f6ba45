package io.pryv.migration.proxy;

import io.pryv.migration.machine.NginxContainer;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.platform.Layout;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.springframework.stereotype.Component;

/**
 * Lists the writes around the switch that were refused for good (field guide 3.20): those that
 * nginx has not asked of dest, or all, where it is not to ask there.
 */
@Component("listRefusedWrites")
class ListRefusedWritesDelegate extends StepDelegate {

  /** As long as nginx waits for an answer, unless told otherwise ({@code proxy_read_timeout}). */
  private static final Duration LONGEST_ANSWER = Duration.ofSeconds(60);

  ListRefusedWritesDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    Shell shell = step.hands().on(step.source().machine());
    Layout layout = step.source().layout();
    boolean late = !new NginxContainer(shell, layout).awaitOldWorkers(LONGEST_ANSWER);
    RetryLocation location =
        new RetryLocation(
            step.source(), shell, step.hands().files(step.source().machine()), step.migration());
    if (!late) {
      location.removeHold();
    }
    AccessLog.Failed failed =
        step.platform().options().retryOnDest()
            ? new AccessLog.Failed(location.refused(), false, 0)
            : step.find("switchFencedAt", Instant.class)
                .map(new AccessLog(shell, layout)::failedWrites)
                .orElse(AccessLog.Failed.none());
    List<RefusedWrite> refused = failed.writes();
    String stillAnswering =
        "A worker of nginx from before the switch still waits for an answer, a core's as a rule:"
            + " what fails there from now on is not in this list.";
    step.evidence(
        "refusedWrites",
        RefusedWrite.markdown(refused)
            + failed.note()
            + (late ? "\n" + stillAnswering + "\n" : ""));
    step.put("refusedWrites", refused.size());
    step.say(
        (refused.isEmpty()
                ? "no write was refused for good"
                : (failed.cut() ? "more than " : "")
                    + refused.size()
                    + " writes were refused for good: see the list")
            + (late ? ". " + stillAnswering : ""));
  }
}
