package io.pryv.migration.proxy;

import io.pryv.migration.platform.Layout;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.PlannedEdit;
import io.pryv.migration.platform.Platform;
import org.springframework.stereotype.Component;

/** Source's nginx site file will pass the register's requests on to dest. */
@Component
class ProxyEdit implements PlannedEdit {

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
        .proxyTo(platform.dest().publicAddress());
  }
}
