package io.pryv.migration.services;

import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.KeyCounts;
import io.pryv.migration.redis.RedisDoor;
import io.pryv.migration.redis.RedisServer;

/**
 * Keeps dest from being a second writer: it must hold no users of its own, and from then on refuses
 * every write.
 */
final class DestFence {

  private final Register dest;
  private final RedisDoor door;
  private final boolean usersMayGo;

  DestFence(Register dest, RedisDoor door, boolean usersMayGo) {
    this.dest = dest;
    this.door = door;
    this.usersMayGo = usersMayGo;
  }

  /**
   * Fences dest, unless it holds users that may not go.
   *
   * @return what it holds, which can't change any more
   */
  KeyCounts fence() {
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
      return held;
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
