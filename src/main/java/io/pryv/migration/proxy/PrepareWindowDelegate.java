package io.pryv.migration.proxy;

import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import org.springframework.stereotype.Component;

/** What can be made ready before anything stops. */
@Component("prepareWindow")
class PrepareWindowDelegate extends StepDelegate {

  PrepareWindowDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    SiteFile.Prepared prepared =
        new SiteFile(
                step.source(),
                step.hands().on(step.source().machine()),
                step.hands().files(step.source().machine()),
                step.migration())
            .prepare(step.platform().dest().publicAddress());
    step.put("proxySite", prepared);
    step.evidence("prepareWindow", prepared.diff(step.source().layout().nginxSiteFile()));
    step.say("source's nginx accepts the new site file (nginx -t in its container)");
  }
}
