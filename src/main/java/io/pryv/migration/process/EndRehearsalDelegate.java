package io.pryv.migration.process;

import org.springframework.stereotype.Component;

/**
 * A rehearsal has come up to the switch: asks for the way back, as anybody may (decision 17), from
 * within. Nothing behind this step is ever reached by a rehearsal.
 */
@Component("endRehearsal")
class EndRehearsalDelegate extends StepDelegate {

  EndRehearsalDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    step.say(
        "rehearsed up to the switch (%s): an outage of %s is to be expected (%s); now back"
            .formatted(
                step.get("strategy", String.class),
                FormText.duration(step.get("expectedOutageMs", Long.class)),
                step.find("expectedOutageFrom", String.class).orElse("an estimate")));
    step.put(Rehearsals.REHEARSED, true);
    step.put(Rollback.REASON, "rehearsal");
    step.put(Rollback.ASKED_BY, "the rehearsal");
    step.put(Rollback.REQUESTED, true);
  }
}
