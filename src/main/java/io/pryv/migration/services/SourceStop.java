package io.pryv.migration.services;

import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.Container;
import io.pryv.migration.machine.Containers;
import io.pryv.migration.machine.Quote;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.KeyCounts;
import io.pryv.migration.redis.RedisDoor;
import io.pryv.migration.redis.RedisServer;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * "Shutdown services on source". Writes are refused first, so that the keys counted then are
 * exactly those that the files hold after the stop; reads and DNS go on until the stop itself.
 *
 * <p>Redis saves its RDB when it is told to end, which takes 8.8 s with a million users, almost the
 * ten after which docker kills it. Where the AOF is on, which is what Redis loads, that save is
 * switched off for this one stop.
 */
final class SourceStop {

  private final Register source;
  private final Shell shell;
  private final Containers containers;
  private final RedisDoor door;
  private final String migration;

  SourceStop(
      Register source, Shell shell, Containers containers, RedisDoor door, String migration) {
    this.source = source;
    this.shell = shell;
    this.containers = containers;
    this.door = door;
    this.migration = migration;
  }

  /**
   * How source stopped.
   *
   * @param already nothing had to be done
   * @param keys what it holds
   * @param strangers other containers on the host, which go on running
   */
  record Stopped(boolean already, KeyCounts keys, List<String> strangers) {}

  /** Fences, counts, holds down, stops, and proves that Redis ended by itself. */
  Stopped stop() {
    List<String> strangers = containers.strangers();
    List<Container> before = containers.look();
    if (before.stream().noneMatch(Container::up)) {
      KeyCounts kept = kept().map(AtStop::keys).orElseThrow(() -> stoppedBySomebodyElse(before));
      boolean heldDown = before.stream().allMatch(c -> c.restartPolicy().equals("no"));
      proveRedisEnded(heldDown ? before : containers.holdDownAndStop());
      return new Stopped(true, kept, strangers);
    }
    KeyCounts keys = fenceAndCount();
    proveRedisEnded(
        strangers.isEmpty() ? containers.holdDownAndRunStopScript() : containers.holdDownAndStop());
    return new Stopped(false, keys, strangers);
  }

  private KeyCounts fenceAndCount() {
    try (RedisServer redis = door.open(source)) {
      redis.fence();
      KeyCounts keys = redis.countKeys();
      Map<String, String> persistence = redis.info("persistence");
      boolean aof = "1".equals(persistence.get("aof_enabled"));
      if (aof && !"ok".equals(persistence.getOrDefault("aof_last_write_status", "ok"))) {
        throw new StepFailure(
            source.machine().name(),
            "INFO persistence of Redis",
            "aof_last_write_status:ok",
            "aof_last_write_status:" + persistence.get("aof_last_write_status"),
            "see whether the disk is full; source is put back as it was");
      }
      // A stop that was cut off has switched it off already: what it was before is what was kept.
      keep(new AtStop(keys, kept().map(AtStop::save).orElseGet(() -> redis.setting("save"))));
      if (aof) {
        redis.configure("save", "");
      }
      return keys;
    }
  }

  private void proveRedisEnded(List<Container> stopped) {
    for (Container container : stopped) {
      if (container.name().equals(source.layout().redisContainer())
          && container.exitCode() == Container.KILLED) {
        throw new StepFailure(
            source.machine().name(),
            "docker stop " + container.name(),
            "Redis ends by itself and has written everything to its files",
            "it was killed (exit code " + container.exitCode() + ")",
            "source is put back as it was; see why Redis takes longer than docker waits, then try"
                + " again");
      }
    }
  }

  private StepFailure stoppedBySomebodyElse(List<Container> found) {
    return new StepFailure(
        source.machine().name(),
        "the register's containers",
        "running, or stopped by this migration",
        Containers.describe(found) + ", stopped by somebody else: what it held is unknown",
        "start source with " + source.layout().startScript() + " and see that it serves");
  }

  private void keep(AtStop atStop) {
    shell
        .run(
            Command.change(
                "keep what source holds at the stop",
                AtStop.fileIn(migration)
                    + "umask 077; mkdir -p \"${file%/*}\" && printf '%s\\n' "
                    + Quote.sh(atStop.line())
                    + " >\"$file.new\" && mv \"$file.new\" \"$file\""))
        .orFail("see that the home directory can be written, then retry");
  }

  private Optional<AtStop> kept() {
    return AtStop.read(shell, migration);
  }
}
