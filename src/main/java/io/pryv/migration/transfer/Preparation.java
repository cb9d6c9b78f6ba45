package io.pryv.migration.transfer;

import io.pryv.migration.machine.Container;
import io.pryv.migration.machine.Containers;
import io.pryv.migration.machine.FileUndo;
import io.pryv.migration.machine.Notes;
import io.pryv.migration.machine.ServerIdentity;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.DestData;
import io.pryv.migration.redis.KeyComparison;
import io.pryv.migration.redis.RedisDoor;
import io.pryv.migration.redis.RedisServer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What was done to the machines before the cold window, and how it is taken back: dest's data,
 * compose file, redis.conf and services as before, both keys gone, source proven to serve.
 */
final class Preparation {

  /** Note on dest: source was seen to hold every user that dest holds. */
  private static final String PROVEN = "every-user-on-source";

  private final Register source;
  private final Register dest;
  private final Containers sourceContainers;
  private final Containers destContainers;
  private final FileUndo sourceFiles;
  private final FileUndo destFiles;
  private final KeyRemoval keys;
  private final DestData destData;
  private final RedisDoor door;
  private final Notes destNotes;

  Preparation(
      Register source,
      Register dest,
      Containers sourceContainers,
      Containers destContainers,
      FileUndo sourceFiles,
      FileUndo destFiles,
      KeyRemoval keys,
      DestData destData,
      RedisDoor door,
      Notes destNotes) {
    this.source = source;
    this.dest = dest;
    this.sourceContainers = sourceContainers;
    this.destContainers = destContainers;
    this.sourceFiles = sourceFiles;
    this.destFiles = destFiles;
    this.keys = keys;
    this.destData = destData;
    this.door = door;
    this.destNotes = destNotes;
  }

  /**
   * Undoes it.
   *
   * @param destTookWrites whether dest was the writer until the return; then its data is put aside
   *     only once every user of it is found on source
   * @return what was done, in words
   */
  String undo(boolean destTookWrites) {
    proveSourceServes();
    if (destTookWrites && destData.kept()) {
      proveSourceHasEveryUserOfDest();
    }
    List<String> done = new ArrayList<>(keys.remove(source, dest));
    if (sourceFiles.undo(ServerIdentity.file(source.layout(), dest.machine().publicAddress()))) {
      done.add("what source's nginx knew dest by removed");
    }
    destContainers.remembered().ifPresent(before -> undoDest(before, done));
    return (done.isEmpty()
            ? "already done: nothing of the preparation is left"
            : "undone: " + String.join("; ", done))
        + ". Source serves and takes writes.";
  }

  private String anchorsOnDest() {
    return ServerIdentity.file(dest.layout(), source.machine().publicAddress());
  }

  private void undoDest(List<Container> before, List<String> done) {
    boolean ran = before.stream().anyMatch(Container::up);
    if (destFiles.edited(dest.layout().composeFile())
        || destFiles.edited(dest.layout().redisConfFile())
        || destFiles.edited(dest.layout().nginxSiteFile())
        || destFiles.edited(anchorsOnDest())
        || destData.kept()
        || !asBefore(before, destContainers.look())) {
      destContainers.holdDownAndStop();
      if (destData.restore()) {
        done.add("dest's own data put back");
      }
      if (destFiles.undo(dest.layout().composeFile())) {
        done.add("dest's compose file as before, to the byte");
      }
      if (destFiles.undo(dest.layout().redisConfFile())) {
        done.add("dest's redis.conf as before, to the byte");
      }
      if (destFiles.undo(dest.layout().nginxSiteFile())) {
        done.add("dest's site file as before, to the byte");
      }
      if (destFiles.undo(anchorsOnDest())) {
        done.add("what dest's nginx knew source by removed");
      }
      done.add(services(before.isEmpty(), ran));
    }
    if (ran) {
      try (RedisServer redis = door.open(dest)) {
        if (redis.fenced()) {
          redis.liftFence();
          done.add("dest takes writes again");
        }
      }
    }
  }

  /** The same containers, up or down, and as able to come back. */
  private static boolean asBefore(List<Container> before, List<Container> now) {
    return states(before).equals(states(now));
  }

  private static Set<String> states(List<Container> containers) {
    return containers.stream()
        .map(c -> c.name() + (c.up() ? " up " : " down ") + c.restartPolicy())
        .collect(Collectors.toSet());
  }

  private String services(boolean wereNone, boolean ran) {
    if (wereNone) {
      destContainers.remove();
      return "dest's containers removed: there were none before";
    }
    if (ran) {
      destContainers.start();
      return "dest's services started, as before";
    }
    destContainers.createHeldDown();
    destContainers.liftHold();
    return "dest's services stopped, as before";
  }

  /**
   * The last look at the other copy before it goes. Once proven it is not asked for again: dest's
   * Redis is down from then on.
   *
   * @throws StepFailure when dest takes writes, does not answer, or holds a user that source lacks
   */
  private void proveSourceHasEveryUserOfDest() {
    if (destNotes.has(PROVEN)) {
      return;
    }
    try (RedisServer onDest = door.open(dest);
        RedisServer onSource = door.open(source)) {
      if (!onDest.refusesWrites()) {
        throw new StepFailure(
            dest.machine().name(),
            "Redis",
            "a fence: source is the writer again",
            "it takes writes",
            "see to whom both nginx lead the clients and fence dest by hand (redis-cli CONFIG SET"
                + " min-slaves-to-write 99), then retry; nothing of dest's data was touched");
      }
      KeyComparison lacking = KeyComparison.ofUsersLacking(onDest, onSource);
      if (lacking.differing() > 0) {
        throw new StepFailure(
            source.machine().name(),
            "users of Redis",
            "each of the " + lacking.compared() + " keys of users that dest holds",
            lacking.differing() + " lacking, among them " + String.join(", ", lacking.examples()),
            "dest holds what source has lost, and nothing of it was touched: see whether source was"
                + " restarted without its data, and carry these users over before you retry");
      }
      destNotes.put(PROVEN, lacking.compared() + " keys of users");
    }
  }

  private void proveSourceServes() {
    List<Container> containers = sourceContainers.look();
    if (containers.isEmpty() || !containers.stream().allMatch(Container::running)) {
      throw new StepFailure(
          source.machine().name(),
          "the register's containers",
          "running, as before the migration",
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
            "see who fenced it, lift the fence (`redis-cli CONFIG SET min-slaves-to-write 0` in its container), then"
                + " retry");
      }
    }
  }
}
