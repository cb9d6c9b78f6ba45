package io.pryv.migration.proxy;

import io.pryv.migration.platform.Layout;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.PlannedEdit;
import io.pryv.migration.platform.Platform;
import java.util.Optional;
import org.springframework.stereotype.Component;

/**
 * Source's nginx will let registrations wait for the switch, and ask dest what source refuses, from
 * the gate of a live cut-over on.
 */
@Component
class RetryEdit implements PlannedEdit {

  @Override
  public Machine.Role role() {
    return Machine.Role.SOURCE;
  }

  @Override
  public When when() {
    return When.LIVE;
  }

  @Override
  public String file(Layout layout) {
    return layout.nginxSiteFile();
  }

  @Override
  public String apply(String text, Platform platform, Layout layout, String nginxConfiguration) {
    return NginxTree.siteOf(layout, text, nginxConfiguration)
        .untilMoved(
            platform.dest().publicAddress(),
            Optional.of(RetryLocation.FAILURES_BEFORE)
                .filter(failures -> platform.options().retryOnDest()),
            HoldText.of("ID", platform.options().holdWrites()));
  }
}
