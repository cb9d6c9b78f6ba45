package io.pryv.migration.proxy;

import io.pryv.migration.platform.Layout;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.PlannedEdit;
import io.pryv.migration.platform.Platform;
import java.util.Optional;
import org.springframework.stereotype.Component;

/**
 * A rollback from a dest that has taken writes lets registrations wait in dest's nginx, and then
 * passes them on to source.
 */
@Component
class ReturnEdit implements PlannedEdit {

  @Override
  public Machine.Role role() {
    return Machine.Role.DEST;
  }

  @Override
  public When when() {
    return When.ROLLBACK;
  }

  @Override
  public String file(Layout layout) {
    return layout.nginxSiteFile();
  }

  @Override
  public String apply(String text, Platform platform, Layout layout, String nginxConfiguration) {
    NginxSite site = NginxTree.siteOf(layout, text, nginxConfiguration);
    String source = platform.source().publicAddress();
    Optional<HoldText> hold = HoldText.of("ID", platform.options().holdWrites());
    String after = site.proxyTo(source);
    return hold.isPresent() ? site.untilMoved(source, Optional.empty(), hold) : after;
  }
}
