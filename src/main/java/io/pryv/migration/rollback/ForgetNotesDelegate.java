package io.pryv.migration.rollback;

import io.pryv.migration.machine.Notes;
import io.pryv.migration.platform.Register;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.springframework.stereotype.Component;

/** Removes what this migration has kept for itself on the machines. */
@Component("forgetNotes")
class ForgetNotesDelegate extends StepDelegate {

  ForgetNotesDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    List<String> removed = new ArrayList<>();
    List<Register> all =
        Stream.of(List.of(step.source(), step.dest()), step.sourceSlaves(), step.destSlaves())
            .flatMap(List::stream)
            .toList();
    for (Register register : all) {
      if (new Notes(step.hands().on(register.machine()), step.migration()).remove()) {
        removed.add(register.machine().name());
      }
    }
    step.say(
        removed.isEmpty()
            ? "already done: no machine holds notes of this migration"
            : "removed ~/.register-migration/"
                + step.migration()
                + " from "
                + String.join(", ", removed));
  }
}
