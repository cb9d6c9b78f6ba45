package io.pryv.migration.replication;

import io.pryv.migration.machine.Hands;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Watches that source really follows dest, for the days that DNS takes: a dead tunnel is silent,
 * since a replica goes on serving stale data (field guide 3.4), and DNS hangs as soon as source's
 * dns reconnects (3.13). One look is one command on source.
 */
public final class ReplicationHealth {

  /** A master pings its replicas every 10 s; three of them may be late. */
  private static final Duration LONGEST_SILENCE = Duration.ofSeconds(30);

  private final Tunnel tunnel;

  public ReplicationHealth(Hands hands, Register source, Register dest, String migration) {
    this(new Tunnel(hands, source, dest, migration));
  }

  ReplicationHealth(Tunnel tunnel) {
    this.tunnel = tunnel;
  }

  /**
   * One look.
   *
   * @param supervised whether the loop that keeps the tunnel open runs; {@link #mend} starts it
   * @param replication {@code INFO replication} of source's Redis; empty when it does not answer
   * @param troubles what is wrong, worded for the operator; empty when source follows dest
   */
  public record Health(boolean supervised, Map<String, String> replication, List<String> troubles) {

    public boolean healthy() {
      return troubles.isEmpty();
    }
  }

  /** Looks once; trouble is a result, and so is a container that does not answer. */
  public Health look() {
    try {
      return judge(tunnel.look(), tunnel.port());
    } catch (StepFailure failure) {
      return new Health(false, Map.of(), List.of(failure.getMessage()));
    }
  }

  /**
   * Launches the tunnel's loop again when its container was restarted.
   *
   * @return whether it had to be launched
   */
  public boolean mend() {
    return tunnel.launch();
  }

  static Health judge(TunnelState state, int port) {
    List<String> troubles = new ArrayList<>();
    Map<String, String> info = state.replication();
    if (!state.supervised()) {
      troubles.add(
          "the tunnel is gone: source's Redis container was restarted, or its process ended");
    } else if (state.farRunId().isEmpty()) {
      troubles.add(
          "nothing answers through the tunnel"
              + (state.said().isEmpty() ? "" : "; ssh says: " + state.said()));
    }
    if (info.isEmpty()) {
      troubles.add("source's Redis does not answer");
      return new Health(state.supervised(), info, troubles);
    }
    if (!"slave".equals(info.get("role"))) {
      troubles.add(
          "source's Redis is no replica (role "
              + info.get("role")
              + "): it no longer follows dest");
      return new Health(state.supervised(), info, troubles);
    }
    if (!String.valueOf(port).equals(info.get("master_port"))) {
      troubles.add(
          "source's Redis follows " + info.get("master_host") + ":" + info.get("master_port"));
    }
    if (!"up".equals(info.get("master_link_status"))) {
      troubles.add(
          "the link to dest is down for "
              + info.getOrDefault("master_link_down_since_seconds", "?")
              + " s: source serves what it had then, and its DNS hangs once it reconnects");
    } else if (Long.parseLong(info.getOrDefault("master_last_io_seconds_ago", "0"))
        > LONGEST_SILENCE.toSeconds()) {
      troubles.add("nothing came from dest for " + info.get("master_last_io_seconds_ago") + " s");
    }
    return new Health(state.supervised(), info, troubles);
  }
}
