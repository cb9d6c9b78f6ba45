package io.pryv.migration.services;

import io.pryv.migration.machine.Container;
import io.pryv.migration.machine.Containers;
import io.pryv.migration.machine.DetachedJob;
import io.pryv.migration.machine.Hands;
import io.pryv.migration.machine.ProvenData;
import io.pryv.migration.machine.RegisterContainer;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.Election;
import io.pryv.migration.redis.KeyComparison;
import io.pryv.migration.redis.RedisDoor;
import java.util.List;

/**
 * What must hold on the machines, whatever variables say, before dest is started as the writer:
 * source takes no write, no restart makes it take one, and it still answers; dest's data is what
 * was proven, and nothing writes there any more.
 */
final class OneWriter {

  private final Register source;
  private final Register dest;
  private final Containers destContainers;
  private final RedisDoor door;
  private final Hands hands;
  private final String migration;

  OneWriter(
      Register source,
      Register dest,
      Containers destContainers,
      RedisDoor door,
      Hands hands,
      String migration) {
    this.source = source;
    this.dest = dest;
    this.destContainers = destContainers;
    this.door = door;
    this.hands = hands;
    this.migration = migration;
  }

  /**
   * Looks, and notes that dest's data is used from now on.
   *
   * @throws StepFailure when source may be a writer or is silent, or dest's data is not what was
   *     proven
   */
  void allow() {
    new Election(hands, source, dest).requireRefusal(door);
    Shell onDest = hands.on(dest.machine());
    ProvenData data = new ProvenData(onDest, dest.layout().dataDirectory(), migration);
    List<Container> up = destContainers.look().stream().filter(Container::up).toList();
    if (!up.isEmpty()) {
      if (!data.used()) {
        throw new StepFailure(
            dest.machine().name(),
            "the register's containers",
            "stopped: its Redis must load the data that was proven",
            Containers.describe(up) + ", started by somebody else",
            "source is put back as it was; see who started dest, then go again");
      }
      return;
    }
    List<String> running = DetachedJob.running(onDest, migration);
    if (!running.isEmpty()) {
      throw new StepFailure(
          dest.machine().name(),
          "jobs of this migration",
          "none: nothing writes into dest's data",
          String.join(", ", running) + " runs. Dest was not started",
          "source is put back as it was; go again once it has ended");
    }
    requireAnswer();
    data.require();
    data.use();
  }

  /**
   * Source's register and dns begin with a write: restarted behind the fence they stay silent, and
   * would until source follows dest. Given up now, the window ends with them answering at once.
   */
  private void requireAnswer() {
    String complaint =
        new RegisterContainer(hands.on(source.machine()), source.layout())
            .complaint(KeyComparison.FIXTURE_USER);
    if (!complaint.isEmpty()) {
      throw new StepFailure(
          source.machine().name(),
          "port " + RegisterContainer.PORT + " of " + source.layout().registerContainer(),
          "source's register, which answers reads in the cold window",
          complaint,
          "source is put back as it was: was it, or its Docker, restarted? Then go again");
    }
  }
}
