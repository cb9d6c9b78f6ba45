package io.pryv.migration.services;

import io.pryv.migration.machine.Container;
import io.pryv.migration.machine.Containers;
import io.pryv.migration.platform.Register;
import io.pryv.migration.redis.DestData;
import io.pryv.migration.redis.RedisDoor;
import io.pryv.migration.redis.RedisServer;
import io.pryv.migration.redis.RoleFile;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Starts a register, or its Redis alone, and waits until it serves. */
final class Start {

  /** Shorter than the engine's lock on a job, after which it would run the step twice. */
  private static final Duration LONGEST = Duration.ofMinutes(4);

  private static final Duration SHORTEST = Duration.ofSeconds(1);

  private final Register register;
  private final Containers containers;
  private final SignsOfLife signs;

  Start(Register register, Containers containers, SignsOfLife signs) {
    this.register = register;
    this.containers = containers;
    this.signs = signs;
  }

  /**
   * Starts its Redis on the data that was brought, as the one that takes writes, elected in its
   * file first. Register and dns hold no users: they go on, and find them there.
   */
  String asWriter(DestData data, RedisDoor door, RoleFile file, Optional<Instant> deadline) {
    boolean tookOver = data.tookOver();
    boolean running = tookOver && runs();
    file.writer();
    // Nothing is asked beside it: each look costs the machine what the start waits for.
    if (!tookOver) {
      data.takeOver(containers);
    } else if (!running) {
      containers.startAgain();
    }
    Map<String, Duration> answered =
        Readiness.after(
            () -> {}, register.machine().name(), signs.of(register), timeUntil(deadline));
    try (RedisServer redis = door.open(register)) {
      // It died with the last stop, and its file says so no more; found set, somebody set it.
      if (redis.fenced()) {
        redis.liftFence();
      }
    }
    return said(running, answered);
  }

  /** Starts it as a proxy to the writer, whose own Redis takes writes of its services only. */
  String asProxy() {
    boolean running = runs();
    return said(
        running,
        Readiness.after(
            running ? () -> {} : containers::start,
            register.machine().name(),
            signs.of(register),
            LONGEST));
  }

  private boolean runs() {
    List<Container> now = containers.look();
    return !now.isEmpty()
        && now.stream().allMatch(c -> c.running() && !c.restartPolicy().equals("no"));
  }

  private String said(boolean already, Map<String, Duration> answered) {
    return (already ? "already done: " : "")
        + register.machine().name()
        + " runs; answers: "
        + answered.entrySet().stream()
            .map(e -> e.getKey() + " after " + e.getValue().toMillis() + " ms")
            .collect(Collectors.joining(", "));
  }

  private static Duration timeUntil(Optional<Instant> deadline) {
    Duration left = deadline.map(at -> Duration.between(Instant.now(), at)).orElse(LONGEST);
    if (left.compareTo(SHORTEST) < 0) {
      return SHORTEST;
    }
    return left.compareTo(LONGEST) > 0 ? LONGEST : left;
  }
}
