package io.pryv.migration.replication;

import io.pryv.migration.machine.Quote;
import io.pryv.migration.platform.Register;

/**
 * Between which two registers a tunnel leads: it is opened inside the near one's Redis container,
 * and ends at the far one's Redis.
 *
 * @param published whether the far Redis is published on its machine's loopback; else it is reached
 *     at its container's address, which is asked for at each connect: nothing of a register that
 *     serves clients is touched to reach it, and the address is one for now (field guide 3.18)
 */
record TunnelEnds(Register near, Register far, boolean published, TunnelPorts ports) {

  /** From source to dest, whose Redis the migration publishes (procedure, step 1). */
  static TunnelEnds toDest(Register source, Register dest, TunnelPorts ports) {
    return new TunnelEnds(source, dest, true, ports);
  }

  /** From dest to source, before the live cut-over. */
  static TunnelEnds toSource(Register source, Register dest, TunnelPorts ports) {
    return new TunnelEnds(dest, source, false, ports);
  }

  /** The command that the tunnel's key runs, whatever is asked for. */
  String forcedCommand() {
    return published
        ? "/bin/false"
        : "docker inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}' "
            + Quote.sh(far.layout().redisContainer());
  }

  /** What {@link #forcedCommand} ends with. */
  int forcedExit() {
    return published ? 1 : 0;
  }

  String nearName() {
    return near.machine().name();
  }

  String farName() {
    return far.machine().name();
  }
}
