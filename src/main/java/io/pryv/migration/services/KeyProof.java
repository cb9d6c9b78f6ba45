package io.pryv.migration.services;

import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.RedisDoor;
import io.pryv.migration.redis.RedisServer;

/**
 * That dest's Redis has loaded what source's held at the stop: of files that are the same to the
 * byte, as many keys. Each key and its value is compared once clients are served again.
 *
 * @param source how many keys that do not expire source held at the stop
 * @param dest how many dest holds
 */
record KeyProof(long source, long dest, String machine) {

  static KeyProof of(long source, Register dest, RedisDoor door) {
    try (RedisServer redis = door.open(dest)) {
      return new KeyProof(source, redis.lastingKeys(), dest.machine().name());
    }
  }

  void orFail() {
    if (source != dest) {
      throw new StepFailure(
          machine,
          "keys of its Redis that do not expire",
          "what source held at the stop: " + source,
          String.valueOf(dest),
          "source is put back as it was; compare the data directories of both machines");
    }
  }

  String markdown() {
    return "| | source at the stop | dest |\n|---|---|---|\n| keys that do not expire | %d | %d |\n"
        .formatted(source, dest);
  }
}
