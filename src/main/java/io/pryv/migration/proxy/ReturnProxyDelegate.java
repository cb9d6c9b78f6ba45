package io.pryv.migration.proxy;

import io.pryv.migration.machine.FileUndo;
import io.pryv.migration.machine.HttpsProbe;
import io.pryv.migration.machine.NginxContainer;
import io.pryv.migration.machine.RegistrationHold;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import io.pryv.migration.redis.WriteProof;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * Lets source's nginx lead clients to source's own register again, and then, if the name servers
 * may lead some to dest, dest's nginx lead these to source.
 */
@Component("returnProxy")
class ReturnProxyDelegate extends StepDelegate {

  private static final Duration PATIENCE = Duration.ofSeconds(15);

  private static final Logger LOG = LoggerFactory.getLogger(ReturnProxyDelegate.class);

  private final HttpsProbe https;

  ReturnProxyDelegate(StepContexts contexts, HttpsProbe https) {
    super(contexts);
    this.https = https;
  }

  @Override
  protected void perform(StepContext step) {
    boolean changed = returned(step).lead();
    // In this order: while both pass on, they would pass on to each other.
    try {
      changed |= leadRegistrationsOn(step);
    } catch (StepFailure failure) {
      // Source serves again; what waits is refused after a while.
      LOG.warn(
          "registrations that wait in dest's nginx are refused there (503): {}",
          RegistrationHold.goneWithout(failure));
    }
    Optional<ReloadedProxy> onward =
        step.find("returnSite", SiteFile.Prepared.class)
            .filter(prepared -> step.get("namesMoved", Boolean.class))
            .map(prepared -> onward(step, prepared));
    for (ReloadedProxy each : onward.stream().toList()) {
      changed |= each.lead();
    }
    boolean now = changed;
    String refused =
        step.find("writesRefusedSince", Instant.class)
            .filter(since -> now)
            .map(since -> Duration.between(since, Instant.now()).toMillis())
            .map(millis -> "; writes were refused for at most " + millis + " ms")
            .orElse("");
    step.say(
        (changed ? "" : "already done: ")
            + "source answers by itself, its site file is as it was, to the byte; what is written"
            + " into its Redis is read at its address"
            + (onward.isPresent() ? " and, through dest's nginx, at dest's" : "")
            + refused);
  }

  /** What waits in dest's nginx goes on to source, and all that still comes to that nginx. */
  private static boolean leadRegistrationsOn(StepContext step) {
    if (!step.find("registrationsWaitBack", Boolean.class).orElse(false)) {
      return false;
    }
    RegistrationHold hold = step.registrationHold(step.dest());
    if (hold.leadsToNewWriter()) {
      return false;
    }
    hold.leadToNewWriter();
    return true;
  }

  private ReloadedProxy returned(StepContext step) {
    Register source = step.source();
    FileUndo files =
        new FileUndo(source.machine().name(), step.hands().files(source.machine()), step.journal());
    return new ReloadedProxy(
        () -> files.undo(source.layout().nginxSiteFile()),
        new NginxContainer(step.hands().on(source.machine()), source.layout()),
        WriteProof.atItsAddress(source, step.redis(), https, step.platform().domain()),
        PATIENCE);
  }

  private ReloadedProxy onward(StepContext step, SiteFile.Prepared prepared) {
    Register dest = step.dest();
    SiteFile site =
        new SiteFile(
            dest,
            step.hands().on(dest.machine()),
            step.hands().files(dest.machine()),
            step.migration());
    return new ReloadedProxy(
        () -> site.apply(prepared),
        new NginxContainer(step.hands().on(dest.machine()), dest.layout()),
        WriteProof.at(
            dest.machine().publicAddress(),
            step.source(),
            step.redis(),
            step.knowingDest(https),
            step.platform().domain()),
        PATIENCE);
  }
}
