package io.pryv.migration.cutover;

import io.pryv.migration.cutover.SwitchLog.Outcome;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import java.time.Duration;
import java.util.Optional;
import org.springframework.stereotype.Component;

/** Makes dest the writer, in milliseconds, or leaves source the writer. */
@Component("switchOver")
class SwitchOverDelegate extends SwitchDelegate {

  private static final Duration ROUND = Duration.ofMillis(2500);

  SwitchOverDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    Switch.Look look =
        switchOf(step, step.get(TUNNEL_KEY, String.class), step.get(STAGED_SITE, String.class))
            .look(ROUND);
    step.put("switchOutcome", look.outcome().map(Enum::name).orElse(""));
    // From then on source is to follow through the tunnel, which a restart of it would have ended;
    // before, it must not: dest might lack what source has acknowledged last.
    step.put("sourceTurned", look.log().words("turned").isPresent());
    step.evidence("switchOver", look.log().markdown());
    if (look.outcome().isEmpty()) {
      step.say("the switch is under way");
      return;
    }
    Outcome outcome = look.outcome().get();
    switch (outcome) {
      case SWITCHED -> {
        Optional<Double> held = look.log().millis("fence", "reloaded");
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
          throw failure(
              step, look, "dest is the writer: go forward. Mend what is said here, then retry");
      case UNKNOWN ->
          throw failure(
              step,
              look,
              "source refuses writes until it is known who the writer is: make dest's Redis"
                  + " reachable, then retry");
    }
  }

  private static StepFailure failure(StepContext step, Switch.Look look, String next) {
    return new StepFailure(
        step.source().machine().name(), "the switch", "switched", look.log().said(), next);
  }
}
