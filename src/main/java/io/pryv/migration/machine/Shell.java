package io.pryv.migration.machine;

import io.pryv.migration.platform.Machine;
import java.net.Socket;

/** One machine's edge: everything that is done on or seen of a machine passes here. */
public interface Shell {

  Machine machine();

  /**
   * Runs a script with bash and waits for its end. A non-zero exit code is a result, not an error.
   *
   * @throws ConnectionLost when the machine can't be reached, or the connection dropped while the
   *     command ran: whether it ran is then unknown, and the caller must look
   * @throws io.pryv.migration.platform.StepFailure when the deadline passed
   */
  CommandResult run(Command command);

  /**
   * A connection to an address as the machine sees it (SSH direct-tcpip channel; no port is opened
   * anywhere).
   */
  Socket connect(String host, int port);
}
