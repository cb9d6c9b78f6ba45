package io.pryv.migration.services;

import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.ConnectionLost;
import io.pryv.migration.machine.Container;
import io.pryv.migration.machine.Containers;
import io.pryv.migration.machine.FileUndo;
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

/**
 * Puts source's service back as it was, from any point of the cold window before a client can have
 * written to dest. Dest goes down first: one writer.
 */
final class SourceBack {

  private static final Duration LONGEST = Duration.ofMinutes(4);

  private final Register source;
  private final Shell shell;
  private final Containers sourceContainers;
  private final Containers destContainers;
  private final FileUndo sourceFiles;
  private final RedisDoor door;
  private final SignsOfLife signs;
  private final String migration;

  SourceBack(
      Register source,
      Shell shell,
      Containers sourceContainers,
      Containers destContainers,
      FileUndo sourceFiles,
      RedisDoor door,
      SignsOfLife signs,
      String migration) {
    this.source = source;
    this.shell = shell;
    this.sourceContainers = sourceContainers;
    this.destContainers = destContainers;
    this.sourceFiles = sourceFiles;
    this.door = door;
    this.signs = signs;
    this.migration = migration;
  }

  /**
   * How it went.
   *
   * @param answered how long each sign of life took
   * @param siteFileRestored whether nginx's site file had to be put back
   * @param destUnreachable why dest could not be held down, when it could not
   */
  record Restored(
      Map<String, Duration> answered,
      boolean siteFileRestored,
      Optional<StepFailure> destUnreachable) {

    String said() {
      return "source serves again as before"
          + (siteFileRestored ? ", its site file put back to the byte" : "")
          + "; answers: "
          + answered.entrySet().stream()
              .map(e -> e.getKey() + " after " + e.getValue().toMillis() + " ms")
              .collect(Collectors.joining(", "));
    }
  }

  /** Puts source back. */
  Restored restore() {
    refuseAfterFirstClient();
    Optional<StepFailure> destUnreachable = holdDestDown();
    boolean siteFileRestored = sourceFiles.undo(source.layout().nginxSiteFile());
    Map<String, Duration> answered =
        Readiness.after(
            sourceContainers::start, source.machine().name(), signs.of(source), LONGEST);
    try (RedisServer redis = door.open(source)) {
      if (redis.fenced()) {
        redis.liftFence();
      }
      Optional<AtStop> atStop = AtStop.read(shell, migration);
      if (atStop.isPresent() && !redis.setting("save").equals(atStop.get().save())) {
        redis.configure("save", atStop.get().save());
      }
      if (redis.fenced()) {
        throw new StepFailure(
            source.machine().name(),
            "min-replicas-to-write of Redis",
            "0: clients may write again",
            redis.setting("min-slaves-to-write"),
            "set it to 0 by hand (redis-cli CONFIG SET min-replicas-to-write 0), then retry");
      }
    }
    forgetTheStop();
    return new Restored(answered, siteFileRestored, destUnreachable);
  }

  /**
   * Once source's nginx has been started with the site file that points to dest, clients may have
   * written there: going back would lose what they wrote.
   */
  private void refuseAfterFirstClient() {
    String site = source.layout().nginxSiteFile();
    if (!sourceFiles.edited(site)) {
      return;
    }
    String said =
        shell
            .run(
                Command.look(
                    "see whether nginx has been started since its site file points to dest",
                    """
                    started=$(docker inspect -f '{{.State.StartedAt}}' %s) || exit 1
                    [ "$(date -d "$started" +%%s%%N)" -lt "$(date -r %s +%%s%%N)" ] || echo "$started"
                    """
                        .formatted(Quote.sh(source.layout().nginxContainer()), Quote.sh(site))))
            .orFail("see that docker runs on source, then retry");
    if (!said.isEmpty()) {
      throw new StepFailure(
          source.machine().name(),
          source.layout().nginxContainer(),
          "not started since " + site + " points to dest",
          "started at " + said + ": clients may have written to dest",
          "go forward: dest is the writer; retry the step that failed");
    }
  }

  /**
   * When dest can't be reached, source must serve all the same: no client knows a way to dest,
   * whose address is in no delegation and, from here on, in no site file.
   */
  private Optional<StepFailure> holdDestDown() {
    try {
      List<Container> dest = destContainers.look();
      if (dest.stream().anyMatch(c -> c.up() || !c.restartPolicy().equals("no"))) {
        destContainers.holdDownAndKill();
      }
      return Optional.empty();
    } catch (ConnectionLost unreachable) {
      return Optional.of(unreachable);
    }
  }

  private void forgetTheStop() {
    shell
        .run(
            Command.change(
                "forget what source held at the stop",
                AtStop.fileIn(migration) + "rm -f \"$file\""))
        .orFail("see that the home directory can be written, then retry");
  }
}
