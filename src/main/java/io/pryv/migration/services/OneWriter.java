package io.pryv.migration.services;

import io.pryv.migration.machine.Containers;
import io.pryv.migration.machine.DetachedJob;
import io.pryv.migration.machine.Hands;
import io.pryv.migration.machine.ProvenData;
import io.pryv.migration.machine.RegisterContainer;
import io.pryv.migration.machine.SideBySide;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.DestData;
import io.pryv.migration.redis.Election;
import io.pryv.migration.redis.KeyComparison;
import io.pryv.migration.redis.RedisDoor;
import io.pryv.migration.redis.RedisServer;

/**
 * What must hold on the machines, whatever variables say, before dest is elected: source takes no
 * write, no restart makes it take one, and it still answers; what was brought is what was proven,
 * nothing writes there any more, and dest's Redis has taken no write of its own.
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
    SideBySide<Boolean> refuses =
        SideBySide.begin(
            () -> {
              new Election(hands, source, dest).requireRefusal(door);
            });
    SideBySide<String> silence =
        SideBySide.begin(
            () ->
                new RegisterContainer(hands.on(source.machine()), source.layout())
                    .complaint(KeyComparison.FIXTURE_USER));
    ProvenData data = new DestData(hands.on(dest.machine()), dest, migration).proven();
    boolean used = data.used();
    if (!used) {
      SideBySide<Boolean> proven =
          SideBySide.begin(
              () -> {
                DetachedJob.requireNone(
                    hands.on(dest.machine()), migration, "dest was not elected");
                data.require();
              });
      requireFence();
      proven.end();
    }
    refuses.end();
    if (!used) {
      requireAnswer(silence.end());
      data.use();
    }
  }

  /** What dest has taken by itself since its launch would be lost with its own data. */
  private void requireFence() {
    boolean runs =
        destContainers.look().stream()
            .anyMatch(c -> c.up() && c.name().equals(dest.layout().redisContainer()));
    if (!runs) {
      return;
    }
    try (RedisServer redis = door.open(dest)) {
      if (!redis.fenced()) {
        throw new StepFailure(
            dest.machine().name(),
            "min-replicas-to-write of Redis",
            "dest refuses writes until it is elected",
            redis.setting("min-slaves-to-write") + ": it may have taken writes of its own",
            "source is put back as it was; see who has lifted the fence, and what dest has taken");
      }
    }
  }

  /**
   * Source's register and dns begin with a write: restarted behind the fence they stay silent, and
   * would until source follows dest. Given up now, the window ends with them answering at once.
   */
  private void requireAnswer(String complaint) {
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
