package io.pryv.migration.proxy;

import io.pryv.migration.machine.HttpsProbe;
import io.pryv.migration.machine.NginxContainer;
import io.pryv.migration.machine.SideBySide;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import io.pryv.migration.redis.Election;
import io.pryv.migration.redis.WriteProof;
import java.time.Duration;
import org.springframework.stereotype.Component;

/** Source's nginx takes the edited site file over: from here on clients write to dest. */
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
    SideBySide<Boolean> refuses =
        SideBySide.begin(
            () -> {
              election.requireRefusal(step.redis());
            });
    SideBySide<Boolean> serves =
        SideBySide.begin(
            () -> {
              requireServingDest(step);
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
    step.say(
        (reloaded ? "" : "already done: ")
            + "source's nginx leads clients to dest: what is written into dest's Redis is read at"
            + " source's address");
  }

  /** The last moment in which source could be put back as it was. */
  private void requireServingDest(StepContext step) {
    if (Election.notedLed(step.hands().on(step.source().machine()), step.migration())) {
      return;
    }
    WriteProof.atItsAddress(step.dest(), step.redis(), https, step.platform().domain())
        .orFail(
            PATIENCE_WITH_DEST,
            "no client was led to dest yet. See that its services run, then retry; or ask for a"
                + " rollback, which puts source back as it was");
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
