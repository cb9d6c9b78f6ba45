package io.pryv.migration.proxy;

import io.pryv.migration.machine.FileUndo;
import io.pryv.migration.machine.HttpsProbe;
import io.pryv.migration.machine.RegistrationHold;
import io.pryv.migration.machine.ServerIdentity;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import java.time.Duration;
import java.util.Optional;
import org.springframework.stereotype.Component;

/**
 * What can be made ready before dest refuses writes: its nginx can let registrations wait until
 * source is the writer again, and, once the name servers may lead clients to dest itself, pass all
 * on to source from then on.
 */
@Component("prepareReturn")
class PrepareReturnDelegate extends StepDelegate {

  private final HttpsProbe https;

  PrepareReturnDelegate(StepContexts contexts, HttpsProbe https) {
    super(contexts);
    this.https = https;
  }

  @Override
  protected void perform(StepContext step) {
    Duration longest = step.platform().options().holdWrites();
    Optional<SiteFile.Prepared> prepared = Optional.empty();
    boolean already = false;
    String unable = "";
    if (!longest.isZero()) {
      try {
        SiteFile.Prepared holding = prepare(step, longest);
        already = !siteOf(step).letWait(holding);
        prepared = Optional.of(holding);
      } catch (StepFailure failure) {
        // Whoever must go back is not kept from it by what only spares some clients a second try.
        unable =
            "registrations do not wait in dest's nginx, and a user who is being created at the"
                + " return may be left half created: "
                + RegistrationHold.goneWithout(failure);
        editsOfDest(step).undo(step.dest().layout().nginxSiteFile());
      }
    }
    boolean wait = prepared.isPresent();
    if (!wait && step.get("namesMoved", Boolean.class)) {
      prepared = Optional.of(prepare(step, Duration.ZERO));
    }
    prepared.ifPresent(site -> step.put("returnSite", site));
    prepared.ifPresent(site -> step.put("returnRegisterPort", site.registerPort()));
    step.put("registrationsWaitBack", wait);
    String diff = prepared.map(s -> s.diff(step.dest().layout().nginxSiteFile())).orElse("");
    step.evidence("prepareReturn", unable + (unable.isEmpty() ? "" : "\n\n") + diff);
    step.say(said(prepared.isPresent(), wait, already, unable));
  }

  private static String said(boolean prepared, boolean wait, boolean already, String unable) {
    if (!prepared) {
      return unable.isEmpty()
          ? "nothing to prepare: the name servers lead no client to dest itself"
          : unable;
    }
    return (already ? "already done: " : "")
        + "dest's nginx accepts the site file that passes on to source"
        + (wait ? ", and registrations can wait in it" : "")
        + (unable.isEmpty() ? "" : "; " + unable);
  }

  private SiteFile.Prepared prepare(StepContext step, Duration longest) {
    ServerIdentity identity =
        Target.proven(step.hands(), step.source(), step.platform().domain(), https);
    return siteOf(step).prepare(Target.of(identity, step.source()), longest);
  }

  private static FileUndo editsOfDest(StepContext step) {
    Register dest = step.dest();
    return new FileUndo(dest.machine().name(), step.hands().files(dest.machine()), step.journal());
  }

  private static SiteFile siteOf(StepContext step) {
    Register dest = step.dest();
    return new SiteFile(
        dest,
        step.hands().on(dest.machine()),
        step.hands().files(dest.machine()),
        step.migration());
  }
}
