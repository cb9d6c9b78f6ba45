package io.pryv.migration.services;

import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.KeyCounts;
import io.pryv.migration.redis.RedisDoor;
import io.pryv.migration.redis.RedisServer;
import io.pryv.migration.redis.RoleFile;

/**
 * Keeps dest from being a second writer: it must hold no users of its own, and from then on refuses
 * every write.
 */
final class DestFence {

  private final Register dest;
  private final RedisDoor door;
  private final RoleFile file;
  private final boolean usersMayGo;

  DestFence(Register dest, RedisDoor door, RoleFile file, boolean usersMayGo) {
    this.dest = dest;
    this.door = door;
    this.file = file;
    this.usersMayGo = usersMayGo;
  }

  /**
   * A fenced dest.
   *
   * @param already it was fenced before, in its file, too
   * @param held what it holds, which can't change any more
   */
  record Fenced(boolean already, KeyCounts held) {}

  /**
   * Fences dest, unless it holds users that may not go: at run time, then in its file. A restart
   * then leaves its register and dns without the write that they begin with: they serve nobody,
   * which nobody misses before dest is elected.
   */
  Fenced fence() {
    try (RedisServer redis = door.open(dest)) {
      boolean fencedBefore = redis.fenced();
      refuseUsers(redis.countKeys());
      redis.fence();
      KeyCounts held = redis.countKeys();
      try {
        refuseUsers(held);
      } catch (StepFailure cameMeanwhile) {
        if (!fencedBefore) {
          redis.liftFence();
        }
        throw cameMeanwhile;
      }
      boolean written = file.fenced();
      return new Fenced(fencedBefore && !written, held);
    }
  }

  private void refuseUsers(KeyCounts held) {
    if (held.holdsUsers() && !usersMayGo) {
      throw new StepFailure(
          dest.machine().name(),
          "keys of its Redis",
          "no users but the fixture that the register writes itself",
          held.users() + " users",
          "the transfer would wipe them: see what this machine serves; if they may go, set the"
              + " option destUsersMayGo and start again");
    }
  }
}
