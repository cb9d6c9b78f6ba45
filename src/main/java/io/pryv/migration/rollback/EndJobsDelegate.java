package io.pryv.migration.rollback;

import io.pryv.migration.machine.DetachedJob;
import io.pryv.migration.machine.Notes;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.platform.Register;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import java.time.Duration;
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
    List<String> ended = new ArrayList<>();
    for (Register register : List.of(step.source(), step.dest())) {
      Shell shell = step.hands().on(register.machine());
      for (String id : new Notes(shell, step.migration()).jobs()) {
        if (id.equals(SWITCH)) {
          continue;
        }
        DetachedJob job = new DetachedJob(shell, step.migration(), id, id);
        if (job.look(Duration.ZERO).running()) {
          job.kill();
          ended.add(id + " on " + register.machine().name());
        }
      }
    }
    step.say(
        ended.isEmpty()
            ? "already done: no job of this migration runs"
            : "ended: " + String.join(", ", ended));
  }
}
