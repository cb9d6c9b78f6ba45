package io.pryv.migration.services;

import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.KeyCounts;
import io.pryv.migration.redis.RedisDoor;
import io.pryv.migration.redis.RedisServer;

/** That dest's Redis has loaded what source's held at the stop. */
record KeyProof(KeyCounts source, KeyCounts dest, String machine) {

  static KeyProof of(KeyCounts source, Register dest, RedisDoor door) {
    try (RedisServer redis = door.open(dest)) {
      return new KeyProof(source, redis.countKeys(), dest.machine().name());
    }
  }

  void orFail() {
    if (!source.sameLastingKeys(dest)) {
      throw new StepFailure(
          machine,
          "keys of its Redis",
          "what source held at the stop: " + source,
          dest.toString(),
          "source is put back as it was; compare the data directories of both machines");
    }
  }

  String markdown() {
    return """
        | kind | source at the stop | dest |
        |---|---|---|
        | users | %d | %d |
        | servers | %d | %d |
        | emails | %d | %d |
        | inactive | %d | %d |
        | others, lasting | %d | %d |
        | others, expiring | %d | %d |
        """
        .formatted(
            source.users(),
            dest.users(),
            source.servers(),
            dest.servers(),
            source.emails(),
            dest.emails(),
            source.inactive(),
            dest.inactive(),
            source.lasting(),
            dest.lasting(),
            source.expiring(),
            dest.expiring());
  }
}
