package io.pryv.migration.rollback;

import io.pryv.migration.machine.ConnectionLost;
import io.pryv.migration.machine.DetachedJob;
import io.pryv.migration.platform.Register;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import java.util.ArrayList;
import java.util.List;
import org.springframework.stereotype.Component;

/** Ends the long work that may still run on a machine, such as a transfer. */
@Component("endJobs")
class EndJobsDelegate extends StepDelegate {

  /** The switch ends by itself within seconds, or is settled; cut off, nobody could write. */
  private static final String SWITCH = "switch";

  EndJobsDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    List<String> said = new ArrayList<>(ended(step, step.source()));
    try {
      said.addAll(ended(step, step.dest()));
    } catch (ConnectionLost unreachable) {
      // Source, which may refuse writes now, must not wait for it; and what it may still bring to
      // dest is ended before dest's own data is put back.
      said.add("nothing on dest, which can not be reached");
    }
    step.say(
        said.isEmpty()
            ? "already done: no job of this migration runs"
            : "ended: " + String.join(", ", said));
  }

  private static List<String> ended(StepContext step, Register register) {
    return DetachedJob.endAll(step.hands().on(register.machine()), step.migration(), SWITCH)
        .stream()
        .map(id -> id + " on " + register.machine().name())
        .toList();
  }
}
