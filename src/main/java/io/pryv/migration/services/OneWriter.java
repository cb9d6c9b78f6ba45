package io.pryv.migration.services;

import io.pryv.migration.machine.Container;
import io.pryv.migration.machine.Containers;
import io.pryv.migration.machine.DetachedJob;
import io.pryv.migration.machine.Hands;
import io.pryv.migration.machine.ProvenData;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import java.util.List;
import java.util.Set;

/**
 * What must hold on the machines, whatever variables say, before dest is started as the writer: no
 * client can write on source, and source can't come back by itself; dest's data is what was proven,
 * and nothing writes there any more.
 */
final class OneWriter {

  private final Register source;
  private final Containers sourceContainers;
  private final Register dest;
  private final Containers destContainers;
  private final Hands hands;
  private final String migration;

  OneWriter(
      Register source,
      Containers sourceContainers,
      Register dest,
      Containers destContainers,
      Hands hands,
      String migration) {
    this.source = source;
    this.sourceContainers = sourceContainers;
    this.dest = dest;
    this.destContainers = destContainers;
    this.hands = hands;
    this.migration = migration;
  }

  /**
   * Looks, and notes that dest's data is used from now on. Source's Redis and DNS may run again,
   * held down: they begin to while dest starts.
   *
   * @throws StepFailure when source may be a writer, or dest's data is not what was proven
   */
  void allow() {
    Set<String> entrances =
        Set.of(source.layout().nginxContainer(), source.layout().registerContainer());
    List<Container> able =
        sourceContainers.look().stream()
            .filter(
                c -> !c.restartPolicy().equals("no") || (c.up() && entrances.contains(c.name())))
            .toList();
    if (!able.isEmpty()) {
      throw new StepFailure(
          source.machine().name(),
          "the register's containers",
          "its nginx and register stopped, none able to come back by itself",
          Containers.describe(able)
              + ": somebody has started source since it was stopped. Dest was not started",
          "source is put back as it was; see who started it, then go again");
    }
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
    data.require();
    data.use();
  }
}
