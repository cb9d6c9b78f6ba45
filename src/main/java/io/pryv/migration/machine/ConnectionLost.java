package io.pryv.migration.machine;

import io.pryv.migration.platform.StepFailure;

/** The machine could not be reached, or went away while a command ran: its effect is unknown. */
public class ConnectionLost extends StepFailure {

  private static final long serialVersionUID = 1L;

  public ConnectionLost(String machine, String about, String found, Throwable cause) {
    super(
        machine,
        about,
        "a connection over SSH that lasts until the answer",
        found,
        "see that the machine is up and its sshd reachable from here, then retry the step: it looks"
            + " before it acts",
        cause);
  }
}
