package io.pryv.migration.replication;

import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.RedisDoor;
import io.pryv.migration.redis.RedisServer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Takes {@link FollowSource} back. Before dest was elected it is then no replica any more, but
 * fenced, with source's data until its own is put back; whatever led requests to dest must be gone
 * by then: the fence makes it refuse them. An elected dest is a master already, and only its way to
 * source is closed.
 */
final class LeaveSource {

  private final Register dest;
  private final RedisDoor door;
  private final Tunnel tunnel;

  /**
   * A way to leave.
   *
   * @param tunnel from dest to source
   */
  LeaveSource(Register dest, RedisDoor door, Tunnel tunnel) {
    this.dest = dest;
    this.door = door;
    this.tunnel = tunnel;
  }

  /** Leaves; says what had to be done, nothing on a second run. */
  List<String> leave() {
    List<String> done = new ArrayList<>();
    try (RedisServer onDest = door.open(dest)) {
      Map<String, String> info = onDest.info("replication");
      if ("slave".equals(info.get("role"))
          && String.valueOf(tunnel.port()).equals(info.get("master_port"))) {
        if (!onDest.fenced()) {
          onDest.fence();
        }
        onDest.promote();
        done.add("dest no longer follows source, and refuses writes");
      }
    } catch (StepFailure down) {
      // Its file says that it is a fenced master: that is how it starts again. A machine that can
      // not be reached fails the tunnel's end.
      done.add("dest's Redis does not answer, and follows nobody when it starts again");
    }
    if (tunnel.close()) {
      done.add("the tunnel from dest to source closed");
    }
    return done;
  }
}
