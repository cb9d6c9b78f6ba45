package io.pryv.migration.proxy;

import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import org.springframework.stereotype.Component;

/** Has nginx test both site files of a live cut-over. */
@Component("prepareSwitchSite")
class PrepareSwitchSiteDelegate extends StepDelegate {

  PrepareSwitchSiteDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    RetryLocation.Prepared prepared =
        new RetryLocation(
                step.source(),
                step.hands().on(step.source().machine()),
                step.hands().files(step.source().machine()),
                step.migration())
            .prepare(
                step.platform().dest().publicAddress(), step.platform().options().retryOnDest());
    step.put("switchSite", prepared);
    step.evidence("prepareSwitchSite", prepared.diff(step.source().layout().nginxSiteFile()));
    step.say("source's nginx accepts the site files until and from the switch on");
  }
}
