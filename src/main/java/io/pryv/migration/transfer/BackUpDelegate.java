package io.pryv.migration.transfer;

import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import java.time.Duration;
import java.util.Optional;
import org.springframework.stereotype.Component;

/** One look at the copy of source's data; the process loops until it is made. */
@Component("backUp")
class BackUpDelegate extends StepDelegate {

  private static final Duration WAIT = Duration.ofMillis(2500);

  BackUpDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    Backup backup =
        new Backup(
            step.source(),
            step.hands().on(step.source().machine()),
            step.redis(),
            step.migration(),
            step.platform().options().backupDirectory(),
            step.platform().domain());
    if (step.find("backUpDone", Boolean.class).orElse(false) && backup.look().isPresent()) {
      step.say("already done: " + step.get("backUpLocation", String.class));
      return;
    }
    step.put("backUpDone", false);
    Optional<Backup.Mark> begun = step.find("backUpMark", Backup.Mark.class);
    if (begun.isEmpty()) {
      begin(step, backup);
      return;
    }
    if (!backup.copy(WAIT)) {
      return;
    }
    if (!backup.mark(WAIT).equals(begun)) {
      backup.discard();
      begin(step, backup);
      return;
    }
    Backup.Made made =
        backup
            .look()
            .orElseThrow(() -> new IllegalStateException("the copy ended and left no checksums"));
    step.put("backUpLocation", made.location());
    step.put("backUpDone", true);
    step.evidence("backUp", made.markdown());
    step.say("source's Redis data is backed up on source in " + made.location());
  }

  private static void begin(StepContext step, Backup backup) {
    Optional<Backup.Mark> mark = backup.mark(WAIT);
    if (mark.isEmpty()) {
      step.say("Redis rewrites its AOF: the backup waits for its end");
      return;
    }
    step.put("backUpMark", mark.get());
  }
}
