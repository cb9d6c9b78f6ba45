package io.pryv.migration.services;

import io.pryv.migration.platform.Layout;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.PlannedEdit;
import io.pryv.migration.platform.Platform;
import org.springframework.stereotype.Component;

/** Dest's compose file will publish Redis to dest's own loopback. */
@Component
class RedisPortEdit implements PlannedEdit {

  @Override
  public Machine.Role role() {
    return Machine.Role.DEST;
  }

  @Override
  public String file(Layout layout) {
    return layout.composeFile();
  }

  @Override
  public String apply(String text, Platform platform, Layout layout, String nginxConfiguration) {
    return ComposeFile.publishRedisOnLoopback(text);
  }
}
