package io.pryv.migration.services;

import io.pryv.migration.machine.Shell;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.AtStop;
import io.pryv.migration.redis.RedisDoor;
import io.pryv.migration.redis.RedisServer;
import io.pryv.migration.redis.RestingFiles;
import io.pryv.migration.redis.RoleFile;

/**
 * What begins the cold window: source takes no write any more, and the files of its Redis come to
 * rest. Reads and DNS go on. The procedure shuts source down here; what that is for is that nothing
 * is written while the last changes are brought, and never again by anybody but dest.
 *
 * <p>The fence stands in source's file first: a reboot in the window brings the services back
 * ({@code restart: always}, field guide 3.14), behind it.
 */
final class WriteStop {

  private final Register source;
  private final Shell shell;
  private final RedisDoor door;
  private final RoleFile file;
  private final RestingFiles resting;
  private final String migration;

  WriteStop(Register source, Shell shell, RedisDoor door, RoleFile file, String migration) {
    this.source = source;
    this.shell = shell;
    this.door = door;
    this.file = file;
    this.resting = new RestingFiles(shell, migration);
    this.migration = migration;
  }

  /**
   * How writes were stopped.
   *
   * @param already nothing had to be done
   * @param lastingKeys how many keys source holds that do not expire; that changes no more
   */
  record Stopped(boolean already, long lastingKeys) {}

  /**
   * Fences source, counts what it holds, and waits until its files hold it, too.
   *
   * @throws StepFailure when source is no master, or its Redis can not write its files
   */
  Stopped stop() {
    try (RedisServer redis = door.open(source)) {
      requireMaster(redis);
      // Before the fence: nobody has to wait for the end of a rewrite that runs.
      boolean quietened = resting.begin(redis);
      boolean written = file.fenced();
      boolean fenced = redis.fenced();
      redis.fence();
      long keys = redis.lastingKeys();
      boolean counted = AtStop.keep(shell, migration, new AtStop(keys));
      resting.await(redis);
      return new Stopped(!quietened && !written && fenced && !counted, keys);
    }
  }

  private void requireMaster(RedisServer redis) {
    String role = redis.info("replication").get("role");
    if (!"master".equals(role)) {
      throw new StepFailure(
          source.machine().name(),
          "Redis",
          "role master: source is the platform's writer",
          "role " + role,
          "see who told it to follow another one; source is put back as it was");
    }
  }
}
