package io.pryv.migration.redis;

import io.pryv.migration.machine.Hands;

/** Makes the door through which one step reaches Redis: with the hands that it has for machines. */
public interface RedisDoors {

  RedisDoor through(Hands hands);
}
