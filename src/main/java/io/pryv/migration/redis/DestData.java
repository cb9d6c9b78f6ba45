package io.pryv.migration.redis;

import io.pryv.migration.machine.AsRoot;
import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.Containers;
import io.pryv.migration.machine.ProvenData;
import io.pryv.migration.machine.Quote;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import java.time.Duration;
import java.util.Map;

/**
 * The data directory of dest's Redis. What it held before is kept beside the transfer key. What
 * rsync brings lies in a directory of its own within it, so that dest goes on serving, until its
 * Redis is to run on that: then the files change place, by their names alone.
 */
public final class DestData {

  /** Among the notes of the migration: what dest held before. */
  public static final String KEPT = "dest-data-before";

  /** Within the data directory, so that no file has to be copied: what rsync has brought. */
  private static final String INCOMING = ".register-migration-incoming";

  /** What has been brought, while it changes place. */
  private static final String MOVING = ".register-migration-moving";

  /** Below a data directory: what Redis knows nothing of. */
  public static final String OURS = ".register-migration-*";

  private static final Duration DEADLINE = Duration.ofMinutes(3);

  private final Shell onDest;
  private final Register dest;
  private final String migration;

  public DestData(Shell onDest, Register dest, String migration) {
    this.onDest = onDest;
    this.dest = dest;
    this.migration = migration;
  }

  /** The directory that rsync fills. */
  public static String incoming(Register dest) {
    return dest.layout().dataDirectory() + "/" + INCOMING;
  }

  /** What is known of the files that were brought. */
  public ProvenData proven() {
    return new ProvenData(onDest, incoming(dest), migration);
  }

  /** Sets {@code kept}. */
  private static String kept(String migration) {
    return "kept=\"$HOME/.register-migration/\"" + Quote.sh(migration) + "/" + KEPT + "\n";
  }

  /**
   * Keeps what it holds while dest's Redis runs, before source's data replaces it: fenced, Redis
   * writes nothing to its files. Says whether anything had to be done.
   */
  public boolean keep(RedisDoor door) {
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
                        as_root rm -rf -- "$kept.new"
                        as_root cp -a -- %s "$kept.new"
                        sync -f -- "${kept%%/*}"
                        mv -T -- "$kept.new" "$kept"
                        sync -- "${kept%%/*}"
                        """
                            .formatted(Quote.sh(dest.layout().dataDirectory())))
                .within(DEADLINE))
        .orFail("see that HOME on dest has space, then retry");
    return true;
  }

  /**
   * Lets what was brought, and is {@link ProvenData#use in use}, take the place of dest's own: its
   * Redis runs on that when this returns. Cut off, it is finished by the next call.
   */
  public void takeOver(Containers containers) {
    containers.changeRedisFiles(
        "put the data that was brought in the place of dest's own",
        requireKept(),
        AsRoot.whole(
            paths()
                + """
            if [ -d "$incoming" ]; then
              find "$data" -mindepth 1 -maxdepth 1 ! -name '%1$s' -exec rm -rf -- {} +
              mv -T -- "$incoming" "$moving"
            fi
            if [ -d "$moving" ]; then
              for file in "$moving"/* "$moving"/.[!.]*; do
                [ -e "$file" ] || continue
                # What a Redis has made that docker started on half of the files.
                rm -rf -- "$data/${file##*/}"
                mv -t "$data" -- "$file"
              done
              chown --reference="$moving" -- "$data"
              chmod --reference="$moving" -- "$data"
              rmdir -- "$moving"
            fi
            """
                    .formatted(OURS)));
  }

  /** Whether {@link #takeOver} has nothing more to do. */
  public boolean tookOver() {
    return onDest
        .run(
            Command.look(
                    "see whether the data that was brought is in its place",
                    kept(migration)
                        + paths()
                        + "[ -e \"${kept%%/*}/%s\" ] && [ ! -e \"$incoming\" ] && [ ! -e \"$moving\" ]"
                            .formatted(ProvenData.USED))
                .asRoot())
        .succeeded();
  }

  /**
   * Undoes {@link #takeOver}, while dest's Redis is down: dest's own data is in its place again,
   * and what was brought is where the next sync goes on with it, proven no more.
   */
  public void giveBack() {
    onDest
        .run(
            Command.change(
                    "put dest's own data back in its place",
                    "set -eu\n"
                        + requireKept()
                        + paths()
                        + """
                        running=$(docker ps -q --filter "name=^/%2$s$")
                        [ -z "$running" ] || { echo "refused: dest's Redis runs"; exit 90; }
                        if [ ! -d "$incoming" ]; then
                          mkdir -p -- "$moving"
                          # What a Redis has made that docker started while they changed place.
                          for file in "$moving"/* "$moving"/.[!.]*; do
                            [ ! -e "$file" ] || rm -rf -- "$data/${file##*/}"
                          done
                          find "$data" -mindepth 1 -maxdepth 1 ! -name '%1$s' -exec mv -t "$moving" -- {} +
                          mv -T -- "$moving" "$incoming"
                        fi
                        rsync --archive --numeric-ids --delete --exclude='/%1$s' "$kept/" "$data/"
                        """
                            .formatted(OURS, dest.layout().redisContainer()))
                .within(DEADLINE)
                .asRoot())
        .orFail(
            "see who has started dest's Redis, whether the step keepDestData has run, and whether the"
                + " disk is full, then retry");
    proven().forget();
  }

  private String requireKept() {
    return kept(migration)
        + "[ -d \"$kept\" ] || { echo \"refused: what dest held by itself was not kept\"; exit 91; }\n";
  }

  private String paths() {
    return "data=%s\nincoming=%s\nmoving=%s\n"
        .formatted(
            Quote.sh(dest.layout().dataDirectory()),
            Quote.sh(incoming(dest)),
            Quote.sh(dest.layout().dataDirectory() + "/" + MOVING));
  }

  /**
   * Puts dest's own data back and removes what was brought, with dest's services stopped; says
   * whether anything had been kept.
   */
  public boolean restore() {
    if (!kept()) {
      return false;
    }
    onDest
        .run(
            Command.change(
                    "put dest's own data back",
                    kept(migration)
                        + Containers.ours(dest.layout())
                        + """
                        running=$(ours --format '{{.Names}}' --filter status=running --filter status=restarting --filter status=paused) || exit
                        [ -z "$running" ] || { echo "refused: containers of dest's register run:" $running; exit 90; }
                        data=%s
                        rsync --archive --numeric-ids --checksum --delete "$kept/" "$data/" && sync -f -- "$data" && rm -rf -- "$kept"
                        """
                            .formatted(Quote.sh(dest.layout().dataDirectory())))
                .within(DEADLINE)
                .asRoot())
        .orFail("see that dest has space and that its services are stopped, then retry");
    return true;
  }

  /** Removes what is kept, and what was brought and not used; says whether there was anything. */
  public boolean forget() {
    if (!kept()) {
      return false;
    }
    onDest
        .run(
            Command.change(
                    "remove what dest's data directory held before the first sync",
                    kept(migration)
                        + paths()
                        + "rm -rf -- \"$incoming\" \"$moving\" \"$kept.new\" \"$kept\"")
                .within(DEADLINE)
                .asRoot())
        .orFail("remove that directory by hand, then retry");
    return true;
  }

  /** Whether anything is kept. */
  public boolean kept() {
    return !onDest
        .run(
            Command.look(
                "look for dest's own data", kept(migration) + "[ ! -e \"$kept\" ] || echo kept"))
        .orFail("see that HOME can be read, then retry")
        .isEmpty();
  }
}
