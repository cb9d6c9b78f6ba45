package io.pryv.migration.transfer;

import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import org.springframework.stereotype.Component;

@Component("makeTransferKey")
class MakeTransferKeyDelegate extends StepDelegate {

  MakeTransferKeyDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    TransferKey.Made made =
        new TransferKey(
                step.hands(),
                step.source(),
                step.dest(),
                step.migration(),
                step.platform().options().keyType())
            .make();
    step.evidence("keys", made.markdown());
    step.say(
        (made.changed() ? "made " : "already done: ")
            + made.key()
            + " on dest, "
            + made.fingerprint()
            + "; it reads source's data directory and does nothing else");
  }
}
