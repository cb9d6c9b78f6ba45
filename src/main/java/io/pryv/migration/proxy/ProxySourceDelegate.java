package io.pryv.migration.proxy;

import io.pryv.migration.machine.Shell;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import io.pryv.migration.redis.Election;
import org.springframework.stereotype.Component;

@Component("proxySource")
class ProxySourceDelegate extends StepDelegate {

  ProxySourceDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    new Election(step.hands(), step.source(), step.dest()).requireRefusal(step.redis());
    SiteFile.Prepared prepared = step.get("proxySite", SiteFile.Prepared.class);
    Shell onSource = step.hands().on(step.source().machine());
    Election.noteBeforeLeading(onSource, step.source().layout(), step.migration());
    boolean written =
        new SiteFile(
                step.source(),
                onSource,
                step.hands().files(step.source().machine()),
                step.migration())
            .apply(prepared);
    String path = step.source().layout().nginxSiteFile();
    step.evidence("proxySource", prepared.diff(path));
    step.say((written ? "edited: " : "already done: ") + path + " on source passes on to dest");
  }
}
