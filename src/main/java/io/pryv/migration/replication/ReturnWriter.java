package io.pryv.migration.replication;

import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.KeyComparison;
import io.pryv.migration.redis.RedisDoor;
import io.pryv.migration.redis.RedisServer;
import io.pryv.migration.redis.RoleFile;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The reverse switch: source, which follows dest, becomes the writer again, with every write that
 * dest has acknowledged.
 *
 * <p>Nothing is undone and nothing is assumed: each run reads from both Redis and both files how
 * far an earlier one came. Whatever dies in between, at most one of the two takes writes, also
 * after any restart; {@code docs/decisions/0018} has the table of all states. Dest refuses writes,
 * in its file first, from before source has reached its offset until somebody else elects it;
 * source takes them only once its own file says so.
 */
final class ReturnWriter {

  private static final String PROBE = "register-migration:returned";
  private static final Duration PROBE_LIFE = Duration.ofMinutes(1);

  private final Register source;
  private final Register dest;
  private final RoleFile sourceFile;
  private final RoleFile destFile;
  private final RedisDoor door;
  private final Machines machines;
  private final Duration patience;
  private final Duration longestRefusal;

  /** What is done on both machines, beside their Redis and their files. */
  interface Machines {

    /** Opens the tunnel if needed, passes the guard, and turns source round. */
    void follow();

    /** Sees that the tunnel of a source that follows is open. */
    void keepOpen(String runIdOfDest);

    /** Has the disk hold what is there already, so that {@link #persist} takes less time. */
    void flush();

    /** Has the disk hold all that source's Redis holds. */
    void persist(RedisServer redis);

    /**
     * Has what creates a user wait, and waits until no such request is at dest's register.
     *
     * @return why that could not be; empty when they wait
     */
    Optional<String> letRegistrationsWait();

    /** Has what waits go on to dest, which takes writes, if that can be. */
    void letRegistrationsGoOn();
  }

  /**
   * A way back.
   *
   * @param patience how long source may take to catch up, and an AOF rewrite to end, before the
   *     switch
   * @param longestRefusal how long dest may refuse writes while source reaches its offset; then
   *     dest is given back
   */
  ReturnWriter(
      Register source,
      Register dest,
      RoleFile sourceFile,
      RoleFile destFile,
      RedisDoor door,
      Machines machines,
      Duration patience,
      Duration longestRefusal) {
    this.source = source;
    this.dest = dest;
    this.sourceFile = sourceFile;
    this.destFile = destFile;
    this.door = door;
    this.machines = machines;
    this.patience = patience;
    this.longestRefusal = longestRefusal;
  }

  /**
   * How it went.
   *
   * @param changed whether anything had to be done
   * @param refusedSince when dest began to refuse writes in this run; null when an earlier one did
   * @param lines what was proven, one each
   */
  record Returned(boolean changed, Instant refusedSince, List<String> lines) {

    String markdown() {
      return "- " + String.join("\n- ", lines) + "\n";
    }
  }

  /** Makes source the one writer. */
  Returned give() {
    try (RedisServer onSource = door.open(source);
        RedisServer onDest = door.open(dest)) {
      List<String> lines = new ArrayList<>();
      requireMaster(onDest);
      if (isWriter(onSource)) {
        requireFenced(onDest);
        boolean destWritten = destFile.fenced();
        boolean sourceWritten = sourceFile.writer();
        lines.add("source takes writes, dest refuses them");
        return new Returned(destWritten || sourceWritten, null, lines);
      }
      if (!isReplica(onSource) && !holdsAllOf(onSource, onDest, lines)) {
        // An earlier return was cut off by a restart of source: dest still holds more.
        giveDestBack(onDest);
        machines.follow();
      }
      Instant refusedSince = null;
      if (isReplica(onSource)) {
        refusedSince = takeOver(onSource, onDest, lines);
      } else {
        destFile.fenced();
      }
      elect(onSource, onDest, lines);
      return new Returned(true, refusedSince, lines);
    }
  }

  /**
   * Until source is promoted all of this is undone by lifting dest's fence, which may be an earlier
   * run's.
   */
  private Instant takeOver(RedisServer onSource, RedisServer onDest, List<String> lines) {
    // A restart must not make it copy dest again; it would come up as nobody's replica, fenced.
    sourceFile.fenced();
    try {
      machines.keepOpen(onDest.info("server").get("run_id"));
      machines.flush();
      requireReady(onSource, onDest);
      machines.letRegistrationsWait().ifPresent(lines::add);
      destFile.fenced();
      Instant since = Instant.now();
      long deadline = System.nanoTime() + longestRefusal.toNanos();
      onDest.fence(longestRefusal);
      long offset = number(onDest.info("replication"), "master_repl_offset");
      reach(onSource, offset, deadline);
      requireSafeOnDisk(onSource);
      requireAsManyKeys(onSource, onDest);
      onSource.promote();
      lines.add(
          "dest fenced at offset %d, source reached it and was promoted %d ms later"
              .formatted(offset, Duration.between(since, Instant.now()).toMillis()));
      return since;
    } catch (StepFailure tooLate) {
      if (!seenPromoted(onSource)) {
        giveDestBack(onDest);
      }
      throw tooLate;
    }
  }

  /**
   * One that does not answer is fenced, whatever has become of its promotion: it takes writes only
   * by a later run, which finds dest unfenced and lets it follow again.
   */
  private static boolean seenPromoted(RedisServer onSource) {
    try {
      return !isReplica(onSource);
    } catch (StepFailure unreachable) {
      return false;
    }
  }

  private void elect(RedisServer onSource, RedisServer onDest, List<String> lines) {
    if (isReplica(onSource)) {
      throw failure(source, "Redis", "a master after its promotion", "a replica", "retry");
    }
    requireFenced(onDest);
    // A source that loses its power comes back with all of it, or is no writer yet: dest, which
    // holds it too, is put aside soon.
    try {
      machines.persist(onSource);
    } catch (StepFailure notOnDisk) {
      giveDestBack(onDest);
      throw notOnDisk;
    }
    sourceFile.writer();
    onSource.liftFence();
    onSource.set(PROBE, "1", PROBE_LIFE);
    onSource.delete(PROBE);
    lines.add(
        "source is elected in its file and at run time, once its disk held everything: a write was"
            + " accepted there");
    lines.add("dest refuses writes, in its file, too");
  }

  /** Dest is the writer still: its file first, then at run time. */
  private void giveDestBack(RedisServer onDest) {
    destFile.writer();
    // One that was not fenced yet keeps a setting of its own.
    if (onDest.fenced()) {
      onDest.liftFence();
    }
    machines.letRegistrationsGoOn();
  }

  private void requireReady(RedisServer onSource, RedisServer onDest) {
    Map<String, String> seen = new HashMap<>();
    String[] inMulti = {""};
    boolean ready =
        Wait.until(
            patience,
            () -> {
              long offset = number(onDest.info("replication"), "master_repl_offset");
              seen.clear();
              seen.putAll(onSource.info("replication"));
              seen.putAll(onSource.info("persistence"));
              boolean caughtUp =
                  "up".equals(seen.get("master_link_status"))
                      && number(seen, "slave_repl_offset") >= offset
                      && rewrites(seen).isEmpty();
              if (!caughtUp) {
                return false;
              }
              inMulti[0] = onDest.clientInMulti().orElse("");
              return inMulti[0].isEmpty();
            });
    if (!inMulti[0].isEmpty()) {
      throw failure(
          dest,
          "CLIENT LIST of Redis",
          "no client inside a MULTI, which would keep the fence waiting while writes are refused",
          inMulti[0] + " has been inside one for " + patience.toSeconds() + " s",
          "dest goes on taking writes. Find out what that client is and end it (CLIENT KILL "
              + inMulti[0]
              + "), then retry");
    }
    if (!ready) {
      throw failure(
          source,
          "replication from dest, before the return",
          "link up, dest's offset reached, no AOF rewrite",
          "master_link_status:%s %s"
              .formatted(seen.get("master_link_status"), rewrites(seen))
              .strip(),
          "dest goes on taking writes. See the tunnel and the log of source's Redis, then retry");
    }
  }

  private void reach(RedisServer onSource, long offset, long deadline) {
    Map<String, String> info = onSource.info("replication");
    while (!"up".equals(info.get("master_link_status"))
        || number(info, "slave_repl_offset") < offset) {
      if (System.nanoTime() - deadline >= 0) {
        throw failure(
            source,
            "replication from dest, which refuses writes meanwhile",
            "dest's offset " + offset + " within " + longestRefusal.toMillis() + " ms",
            "offset %s, master_link_status:%s"
                .formatted(info.get("slave_repl_offset"), info.get("master_link_status")),
            "dest takes writes again; the step is tried again by itself");
      }
      Thread.onSpinWait();
      info = onSource.info("replication");
    }
  }

  /** A promotion during an AOF rewrite can lose everything (field guide 3.16). */
  private void requireSafeOnDisk(RedisServer onSource) {
    String found = rewrites(onSource.info("persistence"));
    if (!found.isEmpty()) {
      throw failure(
          source,
          "INFO persistence of Redis",
          "no AOF rewrite under way, and the last one ok",
          found,
          "dest takes writes again; wait for its end (BGREWRITEAOF after a failed one), then retry");
    }
  }

  private static String rewrites(Map<String, String> persistence) {
    StringBuilder found = new StringBuilder();
    for (String field : List.of("loading", "aof_rewrite_in_progress", "aof_rewrite_scheduled")) {
      if (!"0".equals(persistence.getOrDefault(field, "0"))) {
        found.append(field).append(':').append(persistence.get(field)).append(' ');
      }
    }
    String last = persistence.getOrDefault("aof_last_bgrewrite_status", "ok");
    return found + (last.equals("ok") ? "" : "aof_last_bgrewrite_status:" + last);
  }

  /** Whatever the offsets say: an empty or short source is never elected. */
  private void requireAsManyKeys(RedisServer onSource, RedisServer onDest) {
    long here = lastingKeys(onSource);
    long there = lastingKeys(onDest);
    if (here < there) {
      throw failure(
          source,
          "INFO keyspace of Redis",
          "the " + there + " keys that dest holds without an expiry",
          here + " keys",
          "dest takes writes again; see what source's Redis holds and why it is not the same");
    }
  }

  private static long lastingKeys(RedisServer redis) {
    long keys = 0;
    for (Map.Entry<String, String> line : redis.info("keyspace").entrySet()) {
      if (line.getKey().startsWith("db")) {
        for (String part : line.getValue().split(",", -1)) {
          if (part.startsWith("keys=")) {
            keys += Long.parseLong(part.substring("keys=".length()));
          } else if (part.startsWith("expires=")) {
            keys -= Long.parseLong(part.substring("expires=".length()));
          }
        }
      }
    }
    return keys;
  }

  /** Neither follows the other: only equal keys tell that source was promoted at dest's offset. */
  private static boolean holdsAllOf(RedisServer onSource, RedisServer onDest, List<String> lines) {
    if (!onDest.fenced()) {
      return false;
    }
    KeyComparison keys = KeyComparison.ofUsers(onDest, onSource);
    if (keys.differing() > 0) {
      return false;
    }
    lines.add(
        "an earlier return promoted source: %d keys of dest's users are there with equal values"
            .formatted(keys.compared()));
    return true;
  }

  private static boolean isReplica(RedisServer redis) {
    return "slave".equals(redis.info("replication").get("role"));
  }

  private static boolean isWriter(RedisServer redis) {
    return !isReplica(redis) && !redis.fenced();
  }

  private void requireMaster(RedisServer onDest) {
    if (isReplica(onDest)) {
      Map<String, String> info = onDest.info("replication");
      throw failure(
          dest,
          "Redis",
          "a master: the one writer so far",
          "a replica of " + info.get("master_host") + ":" + info.get("master_port"),
          "see who told it to follow");
    }
  }

  private void requireFenced(RedisServer onDest) {
    if (!onDest.fenced()) {
      throw failure(
          dest,
          "Redis",
          "a fence (min-replicas-to-write 99): source is about to take writes, or does",
          "none: both would be writers",
          "see to whom nginx on source leads the clients, fence the other one by hand (redis-cli"
              + " CONFIG SET min-replicas-to-write 99), and compare the users of both");
    }
  }

  private static StepFailure failure(
      Register register, String about, String expected, String found, String next) {
    return new StepFailure(register.machine().name(), about, expected, found, next);
  }

  private static long number(Map<String, String> info, String field) {
    return Long.parseLong(info.getOrDefault(field, "-1"));
  }
}
