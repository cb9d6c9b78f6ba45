package io.pryv.migration.transfer;

import io.pryv.migration.machine.AsRoot;
import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.DetachedJob;
import io.pryv.migration.machine.Quote;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.RedisDoor;
import io.pryv.migration.redis.RedisServer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * "(optional) backup Redis data": a copy of source's data directory while Redis runs. An AOF only
 * grows, so any copy of it is a state that Redis was in, unless it was rewritten meanwhile: then
 * the copy is made again.
 */
final class Backup {

  private final Register source;
  private final Shell shell;
  private final RedisDoor door;
  private final String migration;
  private final String directory;
  private final String location;

  /**
   * A backup, not made yet.
   *
   * @param directory the option; empty for {@code ~/register-migration-backup}
   */
  Backup(
      Register source,
      Shell shell,
      RedisDoor door,
      String migration,
      String directory,
      String domain) {
    this.source = source;
    this.shell = shell;
    this.door = door;
    this.migration = migration;
    this.directory =
        directory.isEmpty() ? "\"$HOME\"/register-migration-backup" : Quote.sh(directory);
    this.location = this.directory + "/" + Quote.sh(domain + "-" + migration);
  }

  /**
   * A backup that is there.
   *
   * @param location absolute path on source
   * @param sums what {@code SHA256SUMS} in it says
   */
  record Made(String location, List<String> sums) {

    String markdown() {
      return "On source in `%s`, checksums verified:%n%n```%n%s%n```%n"
          .formatted(location, String.join("\n", sums));
    }
  }

  /** What Redis said when the copy began; another answer at its end means a rewrite. */
  record Mark(String text) {}

  /** The backup, if it is there and whole. */
  Optional<Made> look() {
    List<String> lines =
        shell
            .run(
                Command.look(
                        "look for the backup",
                        """
                        d=%s
                        [ -e "$d/SHA256SUMS" ] || exit 0
                        cd -- "$d/data" && sha256sum --quiet -c ../SHA256SUMS >&2 && pwd -P && cat ../SHA256SUMS
                        """
                            .formatted(location))
                    .within(Duration.ofMinutes(3))
                    .asRoot())
            .orFail(
                "the backup does not match its checksums: remove its directory on source, then"
                    + " retry")
            .lines()
            .toList();
    return lines.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Made(lines.get(0).replaceFirst("/data$", ""), lines.subList(1, lines.size())));
  }

  /** Where Redis' AOF stands, or empty while it is being rewritten for as long as told. */
  Optional<Mark> mark(Duration patience) {
    long deadline = System.nanoTime() + patience.toNanos();
    try (RedisServer redis = door.open(source)) {
      Map<String, String> info = redis.info("persistence");
      while (!"0".equals(info.getOrDefault("aof_rewrite_in_progress", "0"))) {
        if (System.nanoTime() - deadline > 0) {
          return Optional.empty();
        }
        pause();
        info = redis.info("persistence");
      }
      Map<String, String> still = info;
      return Optional.of(
          new Mark(
              Stream.of("aof_base_size", "aof_last_rewrite_time_sec", "aof_rewrites")
                  .map(field -> field + ":" + still.getOrDefault(field, "-"))
                  .collect(Collectors.joining(" "))));
    }
  }

  private static void pause() {
    try {
      Thread.sleep(100);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Launches the copy or attaches to it; true once it has ended. */
  boolean copy(Duration wait) {
    DetachedJob.Status status = job().attachOrLaunch(AsRoot.job(script()), wait);
    if (!status.running() && !status.succeeded()) {
      job().forget();
      throw new StepFailure(
          source.machine().name(),
          "copy of " + source.layout().dataDirectory(),
          "exit code 0",
          status.state() == DetachedJob.State.ENDED
              ? "exit code " + status.exitCode() + ": " + status.tail().strip()
              : "the job is gone: killed, or the machine was rebooted",
          "see that source has space and is up, then retry");
    }
    return !status.running();
  }

  /** Throws the copy away: Redis rewrote its AOF while it was made. */
  void discard() {
    shell
        .run(
            Command.change(
                    "discard a copy that was made during an AOF rewrite",
                    "rm -rf -- " + location + "/data " + location + "/SHA256SUMS")
                .asRoot())
        .orFail("see that the backup's directory is writable, then retry");
    job().forget();
  }

  /**
   * Removes a backup that nobody will want.
   *
   * @return whether there was one
   */
  boolean remove() {
    boolean there =
        !shell
            .run(
                Command.look(
                        "see whether there is a backup", "[ ! -e " + location + " ] || echo yes")
                    .asRoot())
            .orFail("see that the backup's directory can be read, then retry")
            .isEmpty();
    if (there) {
      shell
          .run(
              Command.change(
                      "remove the backup, and its directory if nothing else is in it",
                      "rm -rf -- %s && rmdir --ignore-fail-on-non-empty -- %s"
                          .formatted(location, directory))
                  .asRoot())
          .orFail("see that the backup's directory is writable, then retry");
    }
    return there;
  }

  private DetachedJob job() {
    return new DetachedJob(shell, migration, "back-up", "copy of source's Redis data");
  }

  /** 24: a file vanished while it was copied; Redis renames its temporary ones. */
  private String script() {
    return """
        set -eu
        umask 077
        d=%s
        mkdir -p -- "$d"
        chmod 700 -- "$d"
        rm -rf -- "$d/data" "$d/data.new" "$d/SHA256SUMS"
        rsync --archive --numeric-ids --exclude='temp-*' %s/ "$d/data.new/" || [ $? = 24 ]
        chmod 700 -- "$d/data.new"
        cd -- "$d/data.new"
        find . -type f -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum -- >../SHA256SUMS.new
        sha256sum --quiet -c ../SHA256SUMS.new
        cd ..
        mv -T -- data.new data
        sync
        mv -- SHA256SUMS.new SHA256SUMS
        """
        .formatted(location, Quote.sh(source.layout().dataDirectory()));
  }
}
