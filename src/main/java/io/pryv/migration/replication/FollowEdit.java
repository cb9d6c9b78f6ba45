package io.pryv.migration.replication;

import io.pryv.migration.platform.Layout;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.PlannedEdit;
import io.pryv.migration.platform.Platform;
import io.pryv.migration.redis.RedisConf;
import org.springframework.stereotype.Component;

/** Source's redis.conf will make its Redis follow dest's through the tunnel. */
@Component
class FollowEdit implements PlannedEdit {

  @Override
  public Machine.Role role() {
    return Machine.Role.SOURCE;
  }

  @Override
  public String file(Layout layout) {
    // Without its version, the directive's name is not known yet.
    return layout.redisVersion().isEmpty() ? "" : layout.redisConfFile();
  }

  @Override
  public String apply(String text, Platform platform, Layout layout, String nginxConfiguration) {
    return RedisConf.replica(
        text, "127.0.0.1", TunnelPorts.PROCEDURE.near(), layout.redisVersion());
  }
}
