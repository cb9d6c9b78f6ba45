package io.pryv.migration.process;

import io.pryv.migration.process.Wishes.Wish;
import org.springframework.stereotype.Component;

/**
 * A rehearsal has come up to the switch: asks for the way back, as anybody may (decision 17), from
 * within. Nothing behind this step is ever reached by a rehearsal.
 */
@Component("endRehearsal")
class EndRehearsalDelegate extends StepDelegate {

  private final Wishes wishes;

  EndRehearsalDelegate(StepContexts contexts, Wishes wishes) {
    super(contexts);
    this.wishes = wishes;
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
    wishes.keep(step.migration(), new Wish(step.migration(), "the rehearsal", "rehearsal"));
    step.put(Rollback.REQUESTED, true);
  }
}
