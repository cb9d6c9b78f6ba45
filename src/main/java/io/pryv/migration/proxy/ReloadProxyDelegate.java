package io.pryv.migration.proxy;

import io.pryv.migration.machine.HttpsProbe;
import io.pryv.migration.machine.NginxContainer;
import io.pryv.migration.machine.RegistrationHold;
import io.pryv.migration.machine.SideBySide;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import io.pryv.migration.redis.Election;
import io.pryv.migration.redis.WriteProof;
import java.time.Duration;
import org.springframework.stereotype.Component;

/**
 * Source's nginx takes the edited site file over: from here on clients write to dest. What fails
 * before that is noted on source leads, in the cold window, back to a source as it was; what fails
 * after it is tried again.
 */
@Component("reloadProxy")
class ReloadProxyDelegate extends StepDelegate {

  private static final Duration PATIENCE = Duration.ofSeconds(15);
  private static final Duration PATIENCE_WITH_DEST = Duration.ofSeconds(2);

  private final HttpsProbe https;

  ReloadProxyDelegate(StepContexts contexts, HttpsProbe https) {
    super(contexts);
    this.https = https;
  }

  @Override
  protected void perform(StepContext step) {
    Election election = new Election(step.hands(), step.source(), step.dest());
    HttpsProbe knowingDest = step.knowingDest(https);
    SideBySide<Boolean> refuses =
        SideBySide.begin(
            () -> {
              election.requireRefusal(step.redis());
            });
    SideBySide<Boolean> serves =
        SideBySide.begin(
            () -> {
              requireServingDest(step, knowingDest);
            });
    boolean leads = election.nginxLeadsToDest();
    refuses.end();
    serves.end();
    boolean reloaded =
        new ReloadedProxy(
                () -> {
                  boolean noted =
                      Election.noteLed(step.hands().on(step.source().machine()), step.migration());
                  boolean written = !leads && writeSite(step);
                  return noted || written;
                },
                new NginxContainer(
                    step.hands().on(step.source().machine()), step.source().layout()),
                WriteProof.at(
                    step.source().machine().publicAddress(),
                    step.dest(),
                    step.redis(),
                    https,
                    step.platform().domain()),
                PATIENCE)
            .lead();
    if (step.find("registrationsWait", Boolean.class).orElse(false)) {
      RegistrationHold hold = step.registrationHold(step.source());
      // Registrations wait at this moment: whoever has just led clients does not look first.
      if (reloaded || !hold.leadsToNewWriter()) {
        hold.leadToNewWriter();
      }
    }
    step.say(
        (reloaded ? "" : "already done: ")
            + "source's nginx leads clients to dest: what is written into dest's Redis is read at"
            + " source's address");
  }

  /** The last moment in which source could be put back as it was. */
  private static void requireServingDest(StepContext step, HttpsProbe knowingDest) {
    if (Election.notedLed(step.hands().on(step.source().machine()), step.migration())) {
      return;
    }
    WriteProof.atItsAddress(step.dest(), step.redis(), knowingDest, step.platform().domain())
        .orFail(
            PATIENCE_WITH_DEST,
            "no client was led to dest yet: from the cold window source is put back as it was. See"
                + " that dest's services run");
  }

  /** Again, where the way back had undone it before it saw that nginx may have read it. */
  private static boolean writeSite(StepContext step) {
    return new SiteFile(
            step.source(),
            step.hands().on(step.source().machine()),
            step.hands().files(step.source().machine()),
            step.migration())
        .apply(step.get("proxySite", SiteFile.Prepared.class));
  }
}
