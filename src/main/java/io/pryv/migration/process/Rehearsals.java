package io.pryv.migration.process;

import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.Platform;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.camunda.bpm.engine.HistoryService;
import org.camunda.bpm.engine.history.HistoricProcessInstance;
import org.camunda.bpm.engine.history.HistoricVariableInstance;
import org.springframework.stereotype.Component;

/** Which migrations are rehearsals, and what they have found; told from the engine's history. */
@Component
public class Rehearsals {

  /** How a rehearsal ended that came up to the switch and back: the state and the outcome. */
  public static final String REHEARSED = "rehearsed";

  /** Of a migration that was rolled back, whatever it was for. */
  private static final String ROLLED_BACK = "rolledBack";

  private static final String PROCESS = "register-migration";

  private final HistoryService history;

  Rehearsals(HistoryService history) {
    this.history = history;
  }

  /**
   * What a rehearsal has found.
   *
   * @param strategy {@code live} or {@code cold}
   */
  record Found(Instant ended, String strategy, long expectedOutageMs) {}

  /** What a migration was started for, as its start form says it. */
  public String purpose(String migration) {
    String rehearse = Purpose.REHEARSE.word();
    return rehearse.equals(variables(migration, Purpose.VARIABLE).get(Purpose.VARIABLE))
        ? rehearse
        : Purpose.MIGRATE.word();
  }

  /**
   * The end of a migration that is over, as people shall read it: a rehearsal that came up to the
   * switch is no migration that was rolled back, although it went back the same way.
   *
   * @param end by the diagram's end event
   */
  public String end(String migration, String end) {
    return end.equals(ROLLED_BACK)
            && Boolean.TRUE.equals(variables(migration, REHEARSED).get(REHEARSED))
        ? REHEARSED
        : end;
  }

  /**
   * The last rehearsal of a platform: of the same domain, from the same source to the same dest.
   */
  Optional<Found> last(Platform platform) {
    return history
        .createHistoricProcessInstanceQuery()
        .processDefinitionKey(PROCESS)
        .processInstanceBusinessKey(platform.domain())
        .variableValueEquals(REHEARSED, true)
        .completed()
        .orderByProcessInstanceEndTime()
        .desc()
        .list()
        .stream()
        .flatMap(instance -> found(instance, platform).stream())
        .findFirst();
  }

  private Optional<Found> found(HistoricProcessInstance instance, Platform platform) {
    Map<String, Object> variables =
        variables(instance.getId(), "platform", "strategy", "expectedOutageMs");
    Platform rehearsed = Values.fromVariable("platform", variables.get("platform"), Platform.class);
    return same(rehearsed.source(), platform.source())
            && same(rehearsed.dest(), platform.dest())
            && variables.get("expectedOutageMs") instanceof Number expected
        ? Optional.of(
            new Found(
                instance.getEndTime().toInstant(),
                String.valueOf(variables.get("strategy")),
                expected.longValue()))
        : Optional.empty();
  }

  private static boolean same(Machine one, Machine other) {
    return one.publicAddress().equals(other.publicAddress());
  }

  private Map<String, Object> variables(String migration, String... names) {
    Map<String, Object> variables = new LinkedHashMap<>();
    List<HistoricVariableInstance> found =
        history
            .createHistoricVariableInstanceQuery()
            .processInstanceId(migration)
            .variableNameIn(names)
            .list();
    found.forEach(variable -> variables.put(variable.getName(), variable.getValue()));
    return variables;
  }
}
