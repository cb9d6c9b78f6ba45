package io.pryv.migration.proxy;

import io.pryv.migration.machine.HttpsProbe;
import io.pryv.migration.machine.ServerIdentity;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import java.util.Optional;
import org.springframework.stereotype.Component;

/**
 * What can be made ready before anything stops: the site file that leads to dest, and, for the
 * window, the one in which registrations can wait. A rehearsal only tests both.
 */
@Component("prepareWindow")
class PrepareWindowDelegate extends StepDelegate {

  private static final Optional<String> REHEARSAL = Optional.of("rehearse");

  private final HttpsProbe https;

  PrepareWindowDelegate(StepContexts contexts, HttpsProbe https) {
    super(contexts);
    this.https = https;
  }

  @Override
  protected void perform(StepContext step) {
    ServerIdentity identity =
        Target.proven(step.hands(), step.dest(), step.platform().domain(), https);
    step.put(StepContext.DEST_IDENTITY, identity);
    SiteFile site =
        new SiteFile(
            step.source(),
            step.hands().on(step.source().machine()),
            step.hands().files(step.source().machine()),
            step.migration());
    SiteFile.Prepared prepared =
        site.prepare(Target.of(identity, step.dest()), step.platform().options().holdWrites());
    boolean wait =
        !prepared.hold().isEmpty() && !step.find("purpose", String.class).equals(REHEARSAL);
    boolean already = wait && !site.letWait(prepared);
    step.put("proxySite", prepared);
    step.put("registrationsWait", wait);
    step.put("registerPort", prepared.registerPort());
    step.evidence("prepareWindow", prepared.diff(step.source().layout().nginxSiteFile()));
    step.say(
        (already ? "already done: " : "")
            + "source's nginx accepts the new site file (nginx -t in its container)"
            + (wait ? ", and registrations can wait in it" : ""));
  }
}
