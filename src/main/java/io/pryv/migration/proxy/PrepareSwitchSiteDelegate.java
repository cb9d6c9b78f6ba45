package io.pryv.migration.proxy;

import io.pryv.migration.machine.HttpsProbe;
import io.pryv.migration.machine.ServerIdentity;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import org.springframework.stereotype.Component;

/** Has nginx test both site files of a live cut-over. */
@Component("prepareSwitchSite")
class PrepareSwitchSiteDelegate extends StepDelegate {

  private final HttpsProbe https;

  PrepareSwitchSiteDelegate(StepContexts contexts, HttpsProbe https) {
    super(contexts);
    this.https = https;
  }

  @Override
  protected void perform(StepContext step) {
    ServerIdentity identity =
        Target.proven(step.hands(), step.dest(), step.platform().domain(), https);
    step.put(StepContext.DEST_IDENTITY, identity);
    RetryLocation.Prepared prepared =
        new RetryLocation(
                step.source(),
                step.hands().on(step.source().machine()),
                step.hands().files(step.source().machine()),
                step.migration())
            .prepare(Target.of(identity, step.dest()), step.platform().options());
    step.put("switchSite", prepared);
    step.evidence("prepareSwitchSite", prepared.diff(step.source().layout().nginxSiteFile()));
    step.say("source's nginx accepts the site files until and from the switch on");
  }
}
