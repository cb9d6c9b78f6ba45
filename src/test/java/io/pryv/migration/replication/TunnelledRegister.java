package io.pryv.migration.replication;

import io.pryv.migration.platform.Layout;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.Register;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A register of which only Redis and its redis.conf matter. */
final class TunnelledRegister {

  private TunnelledRegister() {}

  static Register of(Machine machine, Path redisConf, String dataOwner, String redisVersion) {
    return new Register(
        machine,
        new Layout(
            "docker-compose",
            "",
            "pryv",
            "",
            "",
            "",
            dataOwner,
            redisConf.toString(),
            "",
            "",
            "",
            "pryv_redis_1",
            "pryv_reverse_proxy_1",
            "pryv_register_1",
            "pryv_dns_1",
            redisVersion));
  }

  /** Its data belongs to whoever runs the tests. */
  static Register ofOurs(Machine machine, Path redisConf, String redisVersion) {
    try {
      return of(
          machine,
          redisConf,
          Files.getAttribute(redisConf, "unix:uid")
              + ":"
              + Files.getAttribute(redisConf, "unix:gid"),
          redisVersion);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
