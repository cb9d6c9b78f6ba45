package io.pryv.migration.replication;

import io.pryv.migration.machine.Hands;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.RedisDoor;
import io.pryv.migration.redis.RedisServer;
import io.pryv.migration.redis.RoleFile;
import java.time.Duration;
import java.util.Map;

/**
 * Makes dest's Redis a replica of source's, through the tunnel: before a live cut-over, so that
 * dest's services run on, and hold all that source holds by the time of the switch; and after a
 * return to source, so that dest, to which name servers may lead still, knows whoever registers
 * meanwhile. Source is only read.
 *
 * <p>dest's file never says that it is a replica, but that it is fenced: whenever it starts, it is
 * neither a second writer nor, once it is elected, wiped by a master of old.
 */
final class FollowSource {

  private static final String HOST = "127.0.0.1";
  private static final Duration TUNNEL_PATIENCE = Duration.ofSeconds(15);

  private final Hands hands;
  private final Register source;
  private final Register dest;
  private final RedisDoor door;
  private final Tunnel tunnel;
  private final TunnelKey key;
  private final Guard guard;

  /**
   * A way to follow.
   *
   * @param tunnel from dest to source
   * @param guard over the users that dest holds
   */
  FollowSource(
      Hands hands,
      Register source,
      Register dest,
      RedisDoor door,
      Tunnel tunnel,
      TunnelKey key,
      Guard guard) {
    this.hands = hands;
    this.source = source;
    this.dest = dest;
    this.door = door;
    this.tunnel = tunnel;
    this.key = key;
    this.guard = guard;
  }

  /** Following replaces all that dest holds: what must hold before. */
  interface Guard {

    /** Throws a {@link StepFailure} unless dest may follow. */
    void pass(RedisServer onSource, RedisServer onDest);

    /** Dest, not elected yet, has no users of its own, unless they may be wiped. */
    static Guard beforeCutOver(Register dest, boolean usersMayGo) {
      return (onSource, onDest) -> requireNoUsers(dest, usersMayGo, onSource, onDest);
    }

    /** Source, the writer again, has every user that dest took while it was. */
    static Guard afterReturn(Duration patience) {
      return (onSource, onDest) -> FollowGuard.ofDest(onDest, onSource, patience).pass();
    }
  }

  /**
   * How far it is.
   *
   * @param began whether dest was made to follow just now
   * @param reopened whether the tunnel had to be opened for it
   * @param inSync whether dest has reached the offset that source had at the beginning of the look,
   *     and rewrites no AOF, as it does after a copy: it can not be promoted meanwhile (field guide
   *     3.16)
   * @param words for the operator
   */
  record Progress(boolean began, boolean reopened, boolean inSync, String words) {}

  /** Makes dest follow, unless it does, and waits for a while until it has caught up. */
  Progress look(Duration wait) {
    try (RedisServer onSource = door.open(source);
        RedisServer onDest = door.open(dest)) {
      requireWriter(onSource);
      boolean began = !follows(onDest);
      boolean reopened;
      if (began) {
        requireFenced(onDest);
        // It died with dest's Redis container, if that was started again meanwhile.
        reopened = requireTunnel(onSource.info("server").get("run_id"));
        guard.pass(onSource, onDest);
        new RoleFile(hands, dest).fenced();
        onDest.follow(HOST, tunnel.port());
      } else {
        reopened = mend(onSource.info("server").get("run_id"));
      }
      long offset = number(onSource.info("replication"), "master_repl_offset");
      boolean inSync =
          Wait.until(
              wait, () -> reached(onDest.info("replication"), offset) && !rewritesAof(onDest));
      if (inSync) {
        requireReadOnly(onDest);
      }
      String words =
          !inSync && reached(onDest.info("replication"), offset)
              ? "dest has source's data and rewrites its AOF"
              : words(onDest.info("replication"), offset);
      return new Progress(began, reopened, inSync, words);
    }
  }

  private void requireWriter(RedisServer onSource) {
    String role = onSource.info("replication").get("role");
    if (!"master".equals(role) || onSource.fenced()) {
      throw new StepFailure(
          source.machine().name(),
          "Redis",
          "the one writer: a master that accepts writes",
          "role " + role + (onSource.fenced() ? ", fenced" : ""),
          "source must serve the platform while dest follows it: see why it does not");
    }
  }

  private boolean follows(RedisServer onDest) {
    Map<String, String> info = onDest.info("replication");
    if (!"slave".equals(info.get("role"))) {
      return false;
    }
    String master = info.get("master_host") + ":" + info.get("master_port");
    if (master.equals(HOST + ":" + tunnel.port())) {
      return true;
    }
    throw new StepFailure(
        dest.machine().name(),
        "Redis",
        "a master of its own, or a replica of " + HOST + ":" + tunnel.port(),
        "a replica of " + master,
        "see who made dest follow another Redis (`REPLICAOF NO ONE` ends it), then retry");
  }

  private static void requireNoUsers(
      Register dest, boolean usersMayGo, RedisServer onSource, RedisServer onDest) {
    String sourceVersion = onSource.info("server").get("redis_version");
    String destVersion = onDest.info("server").get("redis_version");
    if (FollowGuard.older(destVersion, sourceVersion)) {
      throw new StepFailure(
          dest.machine().name(),
          "Redis",
          "not older than source's (major.minor)",
          "dest " + destVersion + ", source " + sourceVersion,
          "an older replica cannot read what a newer master sends: run the same major.minor on"
              + " both, or choose strategy: cold");
    }
    long users = onDest.countKeys().users();
    if (onDest.countKeys().holdsUsers() && !usersMayGo) {
      throw new StepFailure(
          dest.machine().name(),
          "keys of its Redis",
          "no users but the fixture that the register writes itself",
          users + " users",
          "following source would wipe them: see what this machine serves; if they may go, set the"
              + " option destUsersMayGo and start again");
    }
  }

  private void requireFenced(RedisServer onDest) {
    if (!onDest.fenced()) {
      throw new StepFailure(
          dest.machine().name(),
          "Redis",
          "fenced, so that what it holds cannot change any more",
          "not fenced",
          "retry the step that fences dest, or see who lifted its fence and what it took since");
    }
  }

  private boolean requireTunnel(String runId) {
    boolean reopened = mend(runId);
    TunnelState[] state = new TunnelState[1];
    Wait.until(
        TUNNEL_PATIENCE,
        () -> {
          state[0] = tunnel.look();
          return state[0].open();
        });
    requireFarEnd(state[0], runId);
    return reopened;
  }

  private void requireFarEnd(TunnelState state, String runId) {
    if (!state.open() || !state.farRunId().equals(runId)) {
      throw new StepFailure(
          dest.machine().name(),
          HOST + ":" + tunnel.port() + " inside " + dest.layout().redisContainer(),
          "source's Redis, run_id " + runId,
          state.farRunId().isEmpty()
              ? "no answer; ssh says: " + state.said()
              : "another Redis, run_id " + state.farRunId(),
          "see that source's container runs and that its sshd accepts the tunnel's key, then retry");
    }
  }

  /**
   * A tunnel that leads nowhere is opened anew. When there is no key yet, it is made; when source's
   * container has another address by now, the key's line in source's authorized_keys must say so
   * first, and the loop's present session, which began with the old line, must end.
   */
  private boolean mend(String runId) {
    TunnelState state = tunnel.look();
    if (state.open() && state.farRunId().equals(runId)) {
      return false;
    }
    tunnel.requireTools(state);
    if (!key.accepted()) {
      tunnel.close();
      key.make();
    }
    return tunnel.launch();
  }

  private static boolean reached(Map<String, String> info, long offset) {
    return "up".equals(info.get("master_link_status"))
        && "0".equals(info.get("master_sync_in_progress"))
        && number(info, "slave_repl_offset") >= offset;
  }

  private static boolean rewritesAof(RedisServer onDest) {
    Map<String, String> info = onDest.info("persistence");
    return !"0".equals(info.getOrDefault("aof_rewrite_in_progress", "0"))
        || !"0".equals(info.getOrDefault("aof_rewrite_scheduled", "0"));
  }

  private void requireReadOnly(RedisServer onDest) {
    if (!"1".equals(onDest.info("replication").getOrDefault("slave_read_only", "1"))) {
      throw new StepFailure(
          dest.machine().name(),
          "Redis",
          "slave_read_only:1",
          "slave_read_only:0",
          "set `slave-read-only yes` on dest's Redis: what is written there would be a second truth."
              + " Then retry");
    }
  }

  private static String words(Map<String, String> info, long offset) {
    if ("1".equals(info.get("master_sync_in_progress"))) {
      long left = number(info, "master_sync_left_bytes");
      return "dest copies source's data" + (left > 0 ? ", %,d bytes left".formatted(left) : "");
    }
    if (!"up".equals(info.get("master_link_status"))) {
      return "dest has no link to source yet";
    }
    long behind = offset - number(info, "slave_repl_offset");
    return behind > 0
        ? "dest is %,d bytes behind source".formatted(behind)
        : "dest follows source, offset " + offset + " reached";
  }

  private static long number(Map<String, String> info, String field) {
    return Long.parseLong(info.getOrDefault(field, "-1"));
  }
}
