package io.pryv.migration.transfer;

import io.pryv.migration.machine.Container;
import io.pryv.migration.machine.Containers;
import io.pryv.migration.machine.FileUndo;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.RedisDoor;
import io.pryv.migration.redis.RedisServer;
import java.util.ArrayList;
import java.util.List;

/**
 * What was done to the machines before the cold window, and how it is taken back: dest's data,
 * compose file and services as before, both keys gone, source proven untouched.
 */
final class Preparation {

  private final Register source;
  private final Register dest;
  private final Containers sourceContainers;
  private final Containers destContainers;
  private final FileUndo destFiles;
  private final KeyRemoval keys;
  private final DestData destData;
  private final RedisDoor door;

  Preparation(
      Register source,
      Register dest,
      Containers sourceContainers,
      Containers destContainers,
      FileUndo destFiles,
      KeyRemoval keys,
      DestData destData,
      RedisDoor door) {
    this.source = source;
    this.dest = dest;
    this.sourceContainers = sourceContainers;
    this.destContainers = destContainers;
    this.destFiles = destFiles;
    this.keys = keys;
    this.destData = destData;
    this.door = door;
  }

  /**
   * Undoes it.
   *
   * @param destWasRunning whether dest's services ran before the migration began
   * @param destHadContainers whether docker knew any of them
   * @return what was done, in words
   */
  String undo(boolean destWasRunning, boolean destHadContainers) {
    proveSourceServes();
    List<String> done = new ArrayList<>(keys.remove(source, dest));
    boolean compose = destFiles.edited(dest.layout().composeFile());
    List<Container> containers = destContainers.look();
    boolean held = containers.stream().anyMatch(c -> c.restartPolicy().equals("no"));
    boolean running = containers.stream().anyMatch(Container::up);
    if (compose || held || running != destWasRunning || containers.isEmpty() == destHadContainers) {
      destContainers.holdDownAndStop();
      if (destData.restore()) {
        done.add("dest's own data put back");
      }
      if (destFiles.undo(dest.layout().composeFile())) {
        done.add("dest's compose file as before, to the byte");
      }
      done.add(services(destWasRunning, destHadContainers));
    }
    if (destWasRunning) {
      try (RedisServer redis = door.open(dest)) {
        if (redis.fenced()) {
          redis.liftFence();
          done.add("dest takes writes again");
        }
      }
    }
    return (done.isEmpty()
            ? "already done: nothing of the preparation is left"
            : "undone: " + String.join("; ", done))
        + ". Source was not touched and serves.";
  }

  private String services(boolean destWasRunning, boolean destHadContainers) {
    if (destWasRunning) {
      destContainers.start();
      return "dest's services started, as before";
    }
    if (destHadContainers) {
      destContainers.createHeldDown();
      destContainers.liftHold();
      return "dest's services stopped, as before";
    }
    destContainers.remove();
    return "dest's containers removed: there were none before";
  }

  private void proveSourceServes() {
    List<Container> containers = sourceContainers.look();
    if (containers.isEmpty() || !containers.stream().allMatch(Container::running)) {
      throw new StepFailure(
          source.machine().name(),
          "the register's containers",
          "running, as before the migration: nothing before the cold window stops them",
          Containers.describe(containers),
          "see who stopped them, start them with "
              + source.layout().startScript()
              + ", then retry");
    }
    try (RedisServer redis = door.open(source)) {
      if (redis.fenced()) {
        throw new StepFailure(
            source.machine().name(),
            "min-replicas-to-write of Redis",
            "0: source takes writes",
            redis.setting("min-slaves-to-write"),
            "put source back first (step putSourceBack), then retry");
      }
    }
  }
}
