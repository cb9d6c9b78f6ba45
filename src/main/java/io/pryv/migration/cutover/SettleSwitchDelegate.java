package io.pryv.migration.cutover;

import io.pryv.migration.cutover.SwitchLog.Outcome;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import java.time.Duration;
import java.util.Optional;
import org.springframework.stereotype.Component;

/**
 * Lets a switch that is under way come to its end before a rollback looks who takes writes: it ends
 * by itself within seconds, and what cuts it off in the middle leaves nobody who does.
 */
@Component("settleSwitch")
class SettleSwitchDelegate extends SwitchDelegate {

  private static final Duration ROUND = Duration.ofMillis(2500);
  private static final Duration LONGEST = Duration.ofMinutes(2);

  SettleSwitchDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    Optional<String> key = step.find(TUNNEL_KEY, String.class);
    Optional<String> staged = step.find(STAGED_SITE, String.class);
    if (key.isEmpty() || staged.isEmpty()) {
      step.say("already done: no switch was begun");
      return;
    }
    Switch ours = switchOf(step, key.get(), staged.get());
    long end = System.nanoTime() + LONGEST.toNanos();
    Optional<Switch.Look> look = ours.settle(ROUND);
    while (look.isPresent() && look.get().outcome().isEmpty() && System.nanoTime() < end) {
      look = ours.settle(ROUND);
    }
    if (look.isEmpty()) {
      step.say("already done: no switch is under way");
      return;
    }
    step.evidence("settleSwitch", look.get().log().markdown());
    String said = look.get().log().said();
    if (look.get().outcome().filter(outcome -> outcome != Outcome.UNKNOWN).isEmpty()) {
      throw new StepFailure(
          step.source().machine().name(),
          "the switch",
          "its outcome: until then nobody knows who takes writes",
          said,
          "mend what is said here, then retry");
    }
    step.put("writerUnknown", "");
    step.say("the switch has ended: " + said);
  }
}
