package io.pryv.migration.replication;

/**
 * The ports that a tunnel is about.
 *
 * @param near the port that it opens on the loopback of the near register's Redis container
 * @param far the port of the far Redis, where the tunnel ends
 * @param own the port of the near register's own Redis, inside its container
 */
record TunnelPorts(int near, int far, int own) {

  /** As the procedure has them. */
  static final TunnelPorts PROCEDURE = new TunnelPorts(4567, 6379, 6379);
}
