package io.pryv.migration.retirement;

import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.machine.Container;
import io.pryv.migration.machine.Containers;
import io.pryv.migration.machine.Hands;
import io.pryv.migration.platform.Platform;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.KeyComparison;
import io.pryv.migration.redis.RedisDoor;
import io.pryv.migration.redis.RedisServer;
import java.util.ArrayList;
import java.util.List;

/**
 * Stops source and its slaves for good: their containers can not come back with the host (field
 * guide 3.14). Nothing is removed; the data stays where it is.
 */
final class SourceRetirement {

  private final Hands hands;
  private final Platform platform;
  private final Register source;
  private final List<Register> sourceSlaves;
  private final Register dest;
  private final RedisDoor door;
  private final DnsClient dns;
  private final String migration;

  SourceRetirement(
      Hands hands,
      Platform platform,
      Register source,
      List<Register> sourceSlaves,
      Register dest,
      RedisDoor door,
      DnsClient dns,
      String migration) {
    this.hands = hands;
    this.platform = platform;
    this.source = source;
    this.sourceSlaves = sourceSlaves;
    this.dest = dest;
    this.door = door;
    this.dns = dns;
    this.migration = migration;
  }

  /**
   * Stops them, source first, after everything that must hold has been looked at once more.
   *
   * @return what was done, one line each; nothing when all were stopped before
   */
  List<String> retire() {
    List<String> done = new ArrayList<>();
    if (up(source)) {
      requireNothingToLose();
      requireNobodySentHere();
    }
    List<Register> all = new ArrayList<>(List.of(source));
    all.addAll(sourceSlaves);
    for (Register register : all) {
      if (up(register)) {
        Containers.of(hands, register, migration).holdDownAndStop();
        done.add(register.machine().name() + " stopped, its containers held down");
      }
      proveDown(register);
    }
    return done;
  }

  /** Up, or able to come back: only a container that is neither counts as retired. */
  private boolean up(Register register) {
    return Containers.of(hands, register, migration).look().stream()
        .anyMatch(container -> container.up() || !container.restartPolicy().equals("no"));
  }

  private void requireNothingToLose() {
    boolean running =
        Containers.of(hands, source, migration).look().stream()
            .anyMatch(c -> c.name().equals(source.layout().redisContainer()) && c.running());
    if (!running) {
      // A stop that was interrupted: the data was compared before it began.
      return;
    }
    try (RedisServer onSource = door.open(source);
        RedisServer onDest = door.open(dest)) {
      KeyComparison keys = KeyComparison.ofUsers(onSource, onDest);
      if (keys.differing() > 0) {
        throw new StepFailure(
            dest.machine().name(),
            "comparison of users' keys before source is stopped",
            "each of the " + keys.compared() + " keys of source, with an equal value",
            keys.differing()
                + " missing or different, such as "
                + String.join(", ", keys.examples()),
            "do not stop source: bring these keys to dest first, then retry");
      }
    }
  }

  private void requireNobodySentHere() {
    for (String resolver : platform.resolvers()) {
      for (String name : platform.options().staticNames()) {
        List<String> records = dns.resolve(resolver, name + "." + platform.domain(), "A").records();
        boolean dest =
            !records.isEmpty()
                && records.stream()
                    .allMatch(
                        record ->
                            record.startsWith("A ")
                                && platform.destAddresses().contains(record.substring(2)));
        if (!dest) {
          throw new StepFailure(
              "resolver " + resolver,
              "A " + name + "." + platform.domain(),
              "an address of dest",
              records.isEmpty() ? "no records" : String.join(", ", records),
              "clients would be lost with source: see the delegation at the parent, and retry when"
                  + " this resolver has seen the change");
        }
      }
    }
  }

  private void proveDown(Register register) {
    List<Container> left =
        Containers.of(hands, register, migration).look().stream()
            .filter(container -> container.up() || !container.restartPolicy().equals("no"))
            .toList();
    if (!left.isEmpty()) {
      throw new StepFailure(
          register.machine().name(),
          "containers of the project " + register.layout().project(),
          "all stopped, with restart policy `no`",
          Containers.describe(left),
          "see what starts them (a unit, a cron job), stop it, then retry");
    }
  }
}
