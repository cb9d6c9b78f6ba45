package io.pryv.migration.replication;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * One look into the Redis container at a tunnel's near end.
 *
 * @param supervised whether the loop that keeps the tunnel open runs
 * @param missing programs that the container lacks
 * @param farRunId run_id of the Redis that answers through the tunnel; empty when none does
 * @param replication {@code INFO replication} of the near register's own Redis; empty when it does
 *     not answer
 * @param said the last words of ssh
 */
record TunnelState(
    boolean supervised,
    List<String> missing,
    String farRunId,
    Map<String, String> replication,
    String said) {

  static TunnelState parse(String looked) {
    Map<String, String> fields = new HashMap<>();
    List<String> missing = new ArrayList<>();
    List<String> said = new ArrayList<>();
    for (String line : looked.lines().map(String::strip).toList()) {
      int colon = line.indexOf(':');
      if (colon < 0) {
        continue;
      }
      String name = line.substring(0, colon);
      String value = line.substring(colon + 1);
      switch (name) {
        case "missing" -> missing.add(value);
        case "said" -> said.add(value);
        default -> fields.put(name, value);
      }
    }
    boolean supervised = fields.remove("supervisor") != null;
    String farRunId = fields.remove("far_run_id");
    return new TunnelState(
        supervised, missing, farRunId == null ? "" : farRunId, fields, String.join("; ", said));
  }

  boolean open() {
    return supervised && !farRunId.isEmpty();
  }
}
