package io.pryv.migration.proxy;

import io.pryv.migration.machine.NginxContainer;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.springframework.stereotype.Component;

/**
 * Lists the writes that source refused in the cold window, as its nginx's access log tells them: of
 * a registration among them the core may have the user already (field guide 3.20).
 */
@Component("listRefusedInWindow")
class ListRefusedInWindowDelegate extends StepDelegate {

  /** As long as nginx waits for an answer, unless told otherwise ({@code proxy_read_timeout}). */
  private static final Duration LONGEST_ANSWER = Duration.ofSeconds(60);

  ListRefusedInWindowDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    boolean waits = step.find("registrationsWait", Boolean.class).orElse(false);
    // Once no worker of nginx works by the file any more for which it is there.
    boolean already =
        waits
            && new NginxContainer(step.hands().on(step.source().machine()), step.source().layout())
                .awaitOldWorkers(LONGEST_ANSWER)
            && !step.registrationHold(step.source()).remove();
    AccessLog.Failed failed =
        new AccessLog(step.hands().on(step.source().machine()), step.source().layout())
            .failedWrites(step.get("coldWindowStartedAt", Instant.class));
    List<RefusedWrite> refused = failed.writes();
    step.evidence("refusedWrites", RefusedWrite.markdown(refused) + failed.note());
    step.put("refusedWrites", refused.size());
    long registrations = refused.stream().filter(RefusedWrite::creationOnCore).count();
    step.say(
        (already ? "already done: " : "")
            + (refused.isEmpty()
                ? "source's nginx has seen no write refused in the window"
                : (failed.cut() ? "more than " : "")
                    + refused.size()
                    + " writes were refused in the window, "
                    + registrations
                    + " of them registrations that a core may know already: see the list"));
  }
}
