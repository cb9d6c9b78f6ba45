package io.pryv.migration.replication;

import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.StepFailure;
import java.util.ArrayList;
import java.util.List;

/**
 * Whether source and its slaves still answer DNS while source follows dest. Their dns may not
 * restart meanwhile (its first act is a write, which a replica refuses, field guide 3.12), and it
 * hangs when it reconnects to a replica whose master link is down (3.13): docker shows neither.
 */
final class DnsHealth {

  /** Looked up in Redis as a user, held by nobody, and told from a client's query by its name. */
  private static final String NAME = "register-migration-watch";

  private final DnsClient dns;
  private final List<Machine> machines;
  private final String domain;

  DnsHealth(DnsClient dns, List<Machine> machines, String domain) {
    this.dns = dns;
    this.machines = machines;
    this.domain = domain;
  }

  /** What is wrong, worded for the operator; empty when each answers. */
  List<String> troubles() {
    List<String> troubles = new ArrayList<>();
    for (Machine machine : machines) {
      try {
        dns.ask(machine.publicAddress(), NAME + "." + domain, "A");
      } catch (StepFailure silent) {
        troubles.add(
            ("%s's DNS does not answer. If its dns container was restarted it can not come up on a"
                    + " read-only replica: set `replica-read-only no` on %s's Redis (redis-cli in"
                    + " its container), wait until DNS answers, set it to `yes` again")
                .formatted(machine.name(), machine.name()));
      }
    }
    return troubles;
  }
}
