package io.pryv.migration.proxy;

import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import java.time.Instant;
import java.util.List;
import org.springframework.stereotype.Component;

/**
 * Lists the writes that source refused in the cold window, as its nginx's access log tells them: of
 * a registration among them the core may have the user already (field guide 3.20).
 */
@Component("listRefusedInWindow")
class ListRefusedInWindowDelegate extends StepDelegate {

  ListRefusedInWindowDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    List<RefusedWrite> refused =
        new AccessLog(step.hands().on(step.source().machine()), step.source().layout())
            .failedWrites(step.get("coldWindowStartedAt", Instant.class));
    step.evidence("refusedWrites", RefusedWrite.markdown(refused));
    step.put("refusedWrites", refused.size());
    long registrations = refused.stream().filter(RefusedWrite::creationOnCore).count();
    step.say(
        refused.isEmpty()
            ? "source's nginx has seen no write refused in the window"
            : refused.size()
                + " writes were refused in the window, "
                + registrations
                + " of them registrations that a core may know already: see the list");
  }
}
