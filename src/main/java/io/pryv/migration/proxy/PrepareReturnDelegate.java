package io.pryv.migration.proxy;

import io.pryv.migration.platform.Register;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import org.springframework.stereotype.Component;

/**
 * What can be made ready before dest refuses writes: once the name servers may lead clients to dest
 * itself, its nginx must pass them on to source as soon as that is the writer again.
 */
@Component("prepareReturn")
class PrepareReturnDelegate extends StepDelegate {

  PrepareReturnDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    if (!step.get("namesMoved", Boolean.class)) {
      step.say("nothing to prepare: the name servers lead no client to dest itself");
      return;
    }
    Register dest = step.dest();
    SiteFile site =
        new SiteFile(
            dest,
            step.hands().on(dest.machine()),
            step.hands().files(dest.machine()),
            step.migration());
    SiteFile.Prepared prepared = site.prepare(step.platform().source().publicAddress());
    step.put("returnSite", prepared);
    step.evidence("prepareReturn", prepared.diff(dest.layout().nginxSiteFile()));
    step.say("dest's nginx accepts the site file that passes on to source");
  }
}
