package io.pryv.migration.redis;

import io.pryv.migration.platform.Register;

/** Opens the Redis of a register: finds its container's address at each call and connects there. */
public interface RedisDoor {

  RedisServer open(Register register);
}
