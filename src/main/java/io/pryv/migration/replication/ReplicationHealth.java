package io.pryv.migration.replication;

import io.pryv.migration.platform.StepFailure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Watches that one register's Redis really follows the other's, for the days that DNS takes: a dead
 * tunnel is silent, since a replica goes on serving stale data (field guide 3.4), and DNS hangs as
 * soon as the replica's dns reconnects (3.13). One look is one command on the machine that follows.
 */
final class ReplicationHealth {

  /** A master pings its replicas every 10 s; three of them may be late. */
  private static final Duration LONGEST_SILENCE = Duration.ofSeconds(30);

  private final Tunnel tunnel;

  /**
   * A look at one direction.
   *
   * @param tunnel from the register that follows to the other
   */
  ReplicationHealth(Tunnel tunnel) {
    this.tunnel = tunnel;
  }

  /**
   * One look.
   *
   * @param supervised whether the loop that keeps the tunnel open runs; {@link #mend} starts it
   * @param open whether the far Redis answers through it
   * @param replication {@code INFO replication} of the follower's Redis; empty when it does not
   *     answer
   * @param troubles what is wrong, worded for the operator; empty when it follows
   */
  record Health(
      boolean supervised, boolean open, Map<String, String> replication, List<String> troubles) {

    boolean healthy() {
      return troubles.isEmpty();
    }
  }

  /** Looks once; trouble is a result, and so is a container that does not answer. */
  Health look() {
    try {
      return judge(tunnel.look(), tunnel.ends());
    } catch (StepFailure failure) {
      return new Health(false, false, Map.of(), List.of(failure.getMessage()));
    }
  }

  /**
   * Launches the tunnel's loop again when its container was restarted.
   *
   * @return whether it had to be launched
   */
  boolean mend() {
    return tunnel.launch();
  }

  static Health judge(TunnelState state, TunnelEnds ends) {
    String near = ends.nearName();
    String far = ends.farName();
    List<String> troubles = new ArrayList<>();
    Map<String, String> info = state.replication();
    if (!state.supervised()) {
      troubles.add(
          "the tunnel from %s to %s is gone: %1$s's Redis container was restarted, or its process ended"
              .formatted(near, far));
    } else if (state.farRunId().isEmpty()) {
      troubles.add(
          "nothing answers through the tunnel from %s to %s".formatted(near, far)
              + (state.said().isEmpty() ? "" : "; ssh says: " + state.said()));
    }
    if (info.isEmpty()) {
      troubles.add(near + "'s Redis does not answer");
      return new Health(state.supervised(), state.open(), info, troubles);
    }
    if (!"slave".equals(info.get("role"))) {
      troubles.add(
          "%s's Redis is no replica (role %s): it does not follow %s"
              .formatted(near, info.get("role"), far));
      return new Health(state.supervised(), state.open(), info, troubles);
    }
    if (!String.valueOf(ends.ports().near()).equals(info.get("master_port"))) {
      troubles.add(
          "%s's Redis follows %s:%s"
              .formatted(near, info.get("master_host"), info.get("master_port")));
    }
    if (!"up".equals(info.get("master_link_status"))) {
      troubles.add(
          "the link to %s is down for %s s: %s serves what it had then, and its DNS hangs once it reconnects"
              .formatted(far, info.getOrDefault("master_link_down_since_seconds", "?"), near));
    } else if (Long.parseLong(info.getOrDefault("master_last_io_seconds_ago", "0"))
        > LONGEST_SILENCE.toSeconds()) {
      troubles.add(
          "nothing came from " + far + " for " + info.get("master_last_io_seconds_ago") + " s");
    }
    return new Health(state.supervised(), state.open(), info, troubles);
  }
}
