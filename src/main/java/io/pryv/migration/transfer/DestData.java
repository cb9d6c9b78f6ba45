package io.pryv.migration.transfer;

import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.Quote;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.RedisDoor;
import io.pryv.migration.redis.RedisServer;
import java.time.Duration;
import java.util.Map;

/** What dest's data directory held before the first sync, kept beside the transfer key. */
final class DestData {

  private static final Duration DEADLINE = Duration.ofMinutes(3);

  private final Shell onDest;
  private final Register dest;
  private final String migration;

  DestData(Shell onDest, Register dest, String migration) {
    this.onDest = onDest;
    this.dest = dest;
    this.migration = migration;
  }

  /** Sets {@code kept}. */
  static String kept(String migration) {
    return "kept=\"$HOME/.register-migration/\"" + Quote.sh(migration) + "/dest-data-before\n";
  }

  /**
   * Keeps it while dest's Redis runs, before replication replaces it: fenced, it writes nothing to
   * its files. Says whether anything had to be done.
   */
  boolean keep(RedisDoor door) {
    if (kept()) {
      return false;
    }
    try (RedisServer redis = door.open(dest)) {
      Map<String, String> persistence = redis.info("persistence");
      if (!redis.fenced()
          || !"master".equals(redis.info("replication").get("role"))
          || !"0".equals(persistence.get("rdb_bgsave_in_progress"))
          || !"0".equals(persistence.get("aof_rewrite_in_progress"))) {
        throw new StepFailure(
            dest.machine().name(),
            dest.layout().dataDirectory(),
            "the files of a fenced Redis that is no replica and saves nothing",
            "fenced: %s, %s, rdb_bgsave_in_progress:%s, aof_rewrite_in_progress:%s"
                .formatted(
                    redis.fenced() ? "yes" : "no",
                    redis.info("replication").get("role"),
                    persistence.get("rdb_bgsave_in_progress"),
                    persistence.get("aof_rewrite_in_progress")),
            "retry in a moment; if it is not fenced, retry the step that fences dest");
      }
    }
    onDest
        .run(
            Command.change(
                    "keep what dest's data directory holds",
                    kept(migration)
                        + """
                        set -eu
                        umask 077
                        mkdir -p -- "${kept%%/*}"
                        rm -rf -- "$kept.new"
                        cp -a -- %s "$kept.new"
                        mv -T -- "$kept.new" "$kept"
                        """
                            .formatted(Quote.sh(dest.layout().dataDirectory())))
                .within(DEADLINE))
        .orFail("see that HOME on dest has space, then retry");
    return true;
  }

  /** Puts it back, with dest's services stopped; says whether anything had been kept. */
  boolean restore() {
    if (!kept()) {
      return false;
    }
    onDest
        .run(
            Command.change(
                    "put dest's own data back",
                    kept(migration)
                        + """
                        running=$(docker ps --format '{{.Names}}' --filter label=com.docker.compose.project=%s) || exit
                        [ -z "$running" ] || { echo "refused: containers of dest's register run:" $running; exit 90; }
                        rsync --archive --numeric-ids --checksum --delete "$kept/" %s/ && rm -rf -- "$kept"
                        """
                            .formatted(
                                Quote.sh(dest.layout().project()),
                                Quote.sh(dest.layout().dataDirectory())))
                .within(DEADLINE))
        .orFail("see that dest has space and that its services are stopped, then retry");
    return true;
  }

  /** Removes it; says whether there was anything. */
  boolean forget() {
    if (!kept()) {
      return false;
    }
    onDest
        .run(
            Command.change(
                    "remove what dest's data directory held before the first sync",
                    kept(migration) + "rm -rf -- \"$kept\" \"$kept.new\"")
                .within(DEADLINE))
        .orFail("remove that directory by hand, then retry");
    return true;
  }

  /** Whether anything is kept. */
  boolean kept() {
    return !onDest
        .run(
            Command.look(
                "look for dest's own data", kept(migration) + "[ ! -e \"$kept\" ] || echo kept"))
        .orFail("see that HOME can be read, then retry")
        .isEmpty();
  }
}
