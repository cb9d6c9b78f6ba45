package io.pryv.migration.process;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.camunda.bpm.engine.RuntimeService;
import org.camunda.bpm.engine.runtime.Incident;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * Tells whoever watches that a switch could not be settled: as a rule source refuses writes, and
 * dest does not say whether it was elected. The switch is tried again all the time, so that no job
 * of it ever runs out of retries, and no incident would tell.
 */
@Component
class WriterAlarm {

  /**
   * The variable that holds what the switch said of it, empty once the writer is known; and the
   * type of the incident, which goes by itself then.
   */
  static final String UNKNOWN = "writerUnknown";

  /** An incident holds 4,000 characters. */
  private static final int LONGEST_PART = 1900;

  private static final Logger LOG = LoggerFactory.getLogger(WriterAlarm.class);

  private final RuntimeService runtime;

  WriterAlarm(RuntimeService runtime) {
    this.runtime = runtime;
  }

  /** Raises and ends alarms. The engine ends one whenever its migration moves on, too. */
  void look() {
    Map<String, String> unknown = new HashMap<>();
    runtime.createVariableInstanceQuery().variableName(UNKNOWN).list().stream()
        .filter(said -> said.getValue() instanceof String text && !text.isEmpty())
        .forEach(said -> unknown.put(said.getProcessInstanceId(), (String) said.getValue()));
    Set<String> told =
        runtime.createIncidentQuery().incidentType(UNKNOWN).list().stream()
            .filter(incident -> stillTrue(incident, unknown))
            .map(Incident::getProcessInstanceId)
            .collect(Collectors.toSet());
    unknown.keySet().removeAll(told);
    unknown.forEach(this::raise);
  }

  private boolean stillTrue(Incident incident, Map<String, String> unknown) {
    boolean holds = unknown.containsKey(incident.getProcessInstanceId());
    if (!holds) {
      runtime.resolveIncident(incident.getId());
    }
    return holds;
  }

  private void raise(String migration, String said) {
    String alarm =
        "The switch is not settled: "
            + FormText.beginning(said, LONGEST_PART)
            + ". It is tried again by itself, in a rollback until Let the switch end has failed:"
            + " retry that then.";
    Executions.leaf(runtime, migration)
        .ifPresent(
            where -> {
              LOG.error("{}: {}", migration, alarm);
              runtime.createIncident(UNKNOWN, where, "switchOver", alarm);
            });
  }
}
