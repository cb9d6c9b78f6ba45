package io.pryv.migration.redis;

import io.pryv.migration.platform.Register;

/** Opens the Redis of a register: sees at each call where its container is, and connects there. */
public interface RedisDoor {

  RedisServer open(Register register);
}
