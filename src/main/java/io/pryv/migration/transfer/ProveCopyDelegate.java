package io.pryv.migration.transfer;

import io.pryv.migration.machine.Container;
import io.pryv.migration.machine.Containers;
import io.pryv.migration.machine.DetachedJob;
import io.pryv.migration.machine.ProvenData;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import java.util.List;
import org.springframework.stereotype.Component;

@Component("proveCopy")
class ProveCopyDelegate extends StepDelegate {

  ProveCopyDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    Shell onDest = step.hands().on(step.dest().machine());
    List<String> running = DetachedJob.running(onDest, step.migration());
    if (!running.isEmpty()) {
      throw new StepFailure(
          step.dest().machine().name(),
          "jobs of this migration",
          "none: the last sync has ended",
          String.join(", ", running) + " runs, although a variable says that it has ended",
          "wait for its end, or let the step lastSync run again");
    }
    List<Container> up =
        Containers.of(step.hands(), step.dest(), step.migration()).look().stream()
            .filter(Container::up)
            .toList();
    if (!up.isEmpty()) {
      throw new StepFailure(
          step.dest().machine().name(),
          "the register's containers",
          "stopped since before the first sync",
          Containers.describe(up) + ", started by somebody: Redis would write over the copy",
          "source is put back as it was; see who started dest, then go again");
    }
    CopyProof.Proven proven =
        new CopyProof(step.hands().on(step.source().machine()), onDest, step.source(), step.dest())
            .prove();
    new ProvenData(onDest, step.dest().layout().dataDirectory(), step.migration()).note();
    step.evidence("proveCopy", proven.markdown());
    step.say(
        "every file of Redis' data has the same SHA-256 on source and dest"
            + (proven.ownerCorrected()
                ? "; its owner on dest was put right: " + step.dest().layout().dataOwner()
                : ""));
  }
}
