package io.pryv.migration.rollback;

import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import org.springframework.stereotype.Component;

/** Reads from the machines who takes writes: that decides which way a rollback goes. */
@Component("findWriter")
class FindWriterDelegate extends StepDelegate {

  FindWriterDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    Standing standing =
        Standing.of(
            step.hands(),
            step.journal(),
            step.source(),
            step.dest(),
            step.redis(),
            step.migration());
    step.put("writer", standing.writer());
    step.put("sourceReady", standing.sourceReady());
    step.evidence("findWriter", standing.because() + ".\n\n" + standing.facts());
    step.say(
        (standing.writer() == Standing.Writer.SOURCE
                ? "source is the writer: "
                : "dest is the writer, its writes are carried to source first: ")
            + standing.because());
  }
}
