package io.pryv.migration.services;

import io.pryv.migration.platform.Layout;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.PlannedEdit;
import io.pryv.migration.platform.Platform;
import io.pryv.migration.redis.RedisConf;
import org.springframework.stereotype.Component;

/** Dest's redis.conf will keep its Redis from taking writes until dest is elected. */
@Component
class FenceEdit implements PlannedEdit {

  @Override
  public Machine.Role role() {
    return Machine.Role.DEST;
  }

  @Override
  public String file(Layout layout) {
    return layout.redisConfFile();
  }

  @Override
  public String apply(String text, Platform platform, Layout layout, String nginxConfiguration) {
    return RedisConf.fenced(text, layout.redisVersion());
  }
}
