package io.pryv.migration.services;

import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.DataSettings;
import io.pryv.migration.redis.KeyCounts;
import io.pryv.migration.redis.RedisDoor;
import io.pryv.migration.redis.RedisServer;
import io.pryv.migration.redis.RoleFile;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Keeps dest from being a second writer: it must hold no users of its own, and from then on refuses
 * every write.
 */
final class DestFence {

  private final Register source;
  private final Register dest;
  private final RedisDoor door;
  private final RoleFile file;
  private final boolean usersMayGo;

  DestFence(Register source, Register dest, RedisDoor door, RoleFile file, boolean usersMayGo) {
    this.source = source;
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
   * Fences dest, unless it holds users that may not go, or would not keep what source does, as it
   * was launched: at run time, then in its file. A restart then leaves its register and dns without
   * the write that they begin with: they serve nobody, which nobody misses before dest is elected.
   */
  Fenced fence() {
    try (RedisServer redis = door.open(dest)) {
      requireSettings(redis);
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

  /** Preflight may have known its file only; what it has now counts. */
  private void requireSettings(RedisServer redis) {
    List<DataSettings.Trouble> troubles;
    try (RedisServer ofSource = door.open(source)) {
      troubles = DataSettings.of(redis, "").beside(DataSettings.of(ofSource, ""));
    }
    if (!troubles.isEmpty()) {
      throw new StepFailure(
          dest.machine().name(),
          "CONFIG GET of its Redis",
          words(troubles, DataSettings.Trouble::expected),
          words(troubles, DataSettings.Trouble::found),
          "set it, in redis.conf and with CONFIG SET, then retry: "
              + words(troubles, DataSettings.Trouble::cost));
    }
  }

  private static String words(
      List<DataSettings.Trouble> troubles, Function<DataSettings.Trouble, String> which) {
    return troubles.stream().map(which).distinct().collect(Collectors.joining("; "));
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
