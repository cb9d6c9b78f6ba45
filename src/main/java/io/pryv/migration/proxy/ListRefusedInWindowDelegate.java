package io.pryv.migration.proxy;

import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.Quote;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.platform.Layout;
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

  /** The last of them, in a window of many. */
  private static final int MOST_LINES = 5_000;

  ListRefusedInWindowDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    List<RefusedWrite> refused =
        RefusedWrite.ofAccessLog(
            failed(step.hands().on(step.source().machine()), step.source().layout()),
            step.get("coldWindowStartedAt", Instant.class));
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

  private static String failed(Shell shell, Layout layout) {
    return shell
        .run(
            Command.look(
                "read which writes nginx has seen fail",
                (layout.accessLog().isEmpty()
                        ? "docker logs --tail 100000 "
                            + Quote.sh(layout.nginxContainer())
                            + " 2>/dev/null"
                        : "tail -n 100000 -- " + Quote.sh(layout.accessLog()))
                    + " | { grep -aE '\"(POST|PUT|PATCH|DELETE) [^\"]*\" 5[0-9][0-9] ' || true; }"
                    + " | tail -n "
                    + MOST_LINES
                    + "\n"))
        .orFail("see that the access log of source's nginx can be read, then retry");
  }
}
