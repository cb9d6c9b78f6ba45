package io.pryv.migration.proxy;

import io.pryv.migration.platform.Layout;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.PlannedEdit;
import io.pryv.migration.platform.Platform;
import java.util.Optional;
import org.springframework.stereotype.Component;

/** Source's nginx will let registrations wait while the writer changes. */
@Component
class HoldEdit implements PlannedEdit {

  @Override
  public Machine.Role role() {
    return Machine.Role.SOURCE;
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
            Optional.empty(),
            HoldText.of("ID", platform.options().holdWrites()));
  }
}
