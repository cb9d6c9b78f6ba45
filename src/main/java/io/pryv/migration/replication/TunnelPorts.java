package io.pryv.migration.replication;

/**
 * The ports that the tunnel is about.
 *
 * @param near the port that the tunnel opens on the loopback of source's Redis container
 * @param far the port of Redis on dest's loopback
 * @param own the port of source's own Redis, inside its container
 */
record TunnelPorts(int near, int far, int own) {

  /** As the procedure has them. */
  static final TunnelPorts PROCEDURE = new TunnelPorts(4567, 6379, 6379);
}
