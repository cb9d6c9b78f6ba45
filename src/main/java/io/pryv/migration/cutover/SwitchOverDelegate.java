package io.pryv.migration.cutover;

import io.pryv.migration.cutover.SwitchLog.Outcome;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.redis.AtStop;
import java.time.Duration;
import java.util.Optional;
import org.springframework.stereotype.Component;

/** Makes dest the writer, in milliseconds, or leaves source the writer. */
@Component("switchOver")
class SwitchOverDelegate extends SwitchDelegate {

  private static final Duration ROUND = Duration.ofMillis(2500);

  /**
   * A try that settles what an earlier one left is not broken up: each has an end, which counts.
   */
  private static final Duration LONGEST_SETTLING = Duration.ofSeconds(20);

  SwitchOverDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    Switch ours =
        switchOf(step, step.get(TUNNEL_KEY, String.class), step.get(STAGED_SITE, String.class));
    long begun = System.nanoTime();
    Switch.Look look = ours.look(ROUND);
    while (look.settles()
        && look.outcome().isEmpty()
        && System.nanoTime() - begun < LONGEST_SETTLING.toNanos()) {
      look = ours.look(ROUND);
    }
    step.put("switchOutcome", look.outcome().map(Enum::name).orElse(""));
    // From then on source is to follow through the tunnel, which a restart of it would have ended;
    // before, it must not: dest might lack what source has acknowledged last.
    step.put("sourceTurned", look.log().words("turned").isPresent());
    // A later look may be at a try that only settles this one.
    look.log().at("fence").ifPresent(fenced -> step.put("switchFencedAt", fenced));
    // Kept as long as dest may be the writer; a later switch has a later one.
    look.log()
        .heldKeys()
        .ifPresent(
            keys ->
                AtStop.keep(
                    step.hands().on(step.source().machine()), step.migration(), new AtStop(keys)));
    step.evidence("switchOver", look.log().markdown());
    if (look.outcome().isEmpty()) {
      step.say("the switch is under way");
      return;
    }
    Outcome outcome = look.outcome().get();
    step.put("writerUnknown", outcome == Outcome.UNKNOWN ? look.log().said() : "");
    switch (outcome) {
      case SWITCHED -> {
        SwitchLog log = look.log();
        Optional<Double> held =
            log.millis("fence", "led").or(() -> log.millis("fence", "reloaded"));
        held.ifPresent(millis -> step.put("coldWindowMs", Math.round(millis)));
        step.say(
            "dest is the writer, nginx on source leads there%s; source follows"
                .formatted(held.map(" %.0f ms after the fence"::formatted).orElse("")));
      }
      case UNDONE -> {
        step.put("windowFailure", "The switch was " + look.log().said() + ".");
        step.say(look.log().said() + "; source is the writer, as before");
      }
      case BUT ->
          throw new StepFailure(
              step.source().machine().name(),
              "the switch",
              "switched",
              look.log().said(),
              "dest is the writer: go forward. Mend what is said here, then retry");
      case UNKNOWN -> {
        step.put("switchOutcome", "");
        step.say(look.log().said() + "; it is tried again");
      }
    }
  }
}
