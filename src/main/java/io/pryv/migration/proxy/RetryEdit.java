package io.pryv.migration.proxy;

import io.pryv.migration.platform.Layout;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.PlannedEdit;
import io.pryv.migration.platform.Platform;
import org.springframework.stereotype.Component;

/** Source's nginx will ask dest what source refuses, from the gate of a live cut-over on. */
@Component
class RetryEdit implements PlannedEdit {

  @Override
  public Machine.Role role() {
    return Machine.Role.SOURCE;
  }

  @Override
  public boolean onlyLive() {
    return true;
  }

  @Override
  public String file(Layout layout) {
    return layout.nginxSiteFile();
  }

  @Override
  public String apply(String text, Platform platform, Layout layout) {
    return platform.options().retryOnDest()
        ? NginxSite.parse(text)
            .retryOn(platform.dest().publicAddress(), RetryLocation.FAILURES_BEFORE)
        : text;
  }
}
