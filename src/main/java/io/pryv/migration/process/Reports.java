package io.pryv.migration.process;

import io.pryv.migration.process.Logbook.Change;
import io.pryv.migration.process.Logbook.Decision;
import io.pryv.migration.process.Logbook.Evidence;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.camunda.bpm.engine.HistoryService;
import org.camunda.bpm.engine.history.HistoricProcessInstance;
import org.camunda.bpm.engine.history.HistoricVariableInstance;
import org.springframework.stereotype.Component;

/** Tells a migration, running or over, from the logbook and the engine's history. */
@Component
public class Reports {

  private final Logbook logbook;
  private final HistoryService history;
  private final Rehearsals rehearsals;

  Reports(Logbook logbook, HistoryService history, Rehearsals rehearsals) {
    this.logbook = logbook;
    this.history = history;
    this.rehearsals = rehearsals;
  }

  /**
   * The report of a migration as far as it has come.
   *
   * @throws IllegalArgumentException when there is none of that id that the caller may see
   */
  public Report of(String migration) {
    HistoricProcessInstance instance =
        history.createHistoricProcessInstanceQuery().processInstanceId(migration).singleResult();
    if (instance == null) {
      throw new IllegalArgumentException("no migration " + migration);
    }
    Map<String, Object> variables = new LinkedHashMap<>();
    history
        .createHistoricVariableInstanceQuery()
        .processInstanceId(migration)
        .variableNameIn(
            "coldWindowMs",
            "strategy",
            "strategyChosenBy",
            "strategyReason",
            "expectedOutageMs",
            "expectedOutageFrom",
            "keysCompared",
            "keysDiffering",
            "namesCompared",
            "namesDiffering",
            "users")
        .list()
        .forEach((HistoricVariableInstance v) -> variables.put(v.getName(), v.getValue()));
    List<Logbook.StepRun> steps = logbook.steps(migration);
    List<Decision> decisions = new ArrayList<>();
    String startedBy = Optional.ofNullable(instance.getStartUserId()).orElse("this program");
    decisions.add(new Decision("start", startedBy, instance.getStartTime().toInstant(), "start"));
    decisions.addAll(logbook.decisions(migration));
    Map<String, String> evidence = new LinkedHashMap<>();
    for (Evidence each : logbook.evidence(migration)) {
      evidence.put(each.name(), each.markdown());
    }
    return new Report(
        migration,
        Optional.ofNullable(instance.getBusinessKey()).orElse(""),
        rehearsals.purpose(migration),
        rehearsals.end(migration, outcome(instance, steps)),
        startedBy,
        instance.getStartTime().toInstant(),
        Optional.ofNullable(instance.getEndTime()).map(java.util.Date::toInstant).orElse(null),
        number(variables, "users"),
        (String) variables.get("strategy"),
        (String) variables.get("strategyChosenBy"),
        text(variables, "strategyReason"),
        number(variables, "expectedOutageMs"),
        text(variables, "expectedOutageFrom"),
        number(variables, "coldWindowMs"),
        new Report.Verification(
            number(variables, "keysCompared"),
            number(variables, "keysDiffering"),
            number(variables, "namesCompared"),
            number(variables, "namesDiffering")),
        steps.stream()
            .map(
                run ->
                    new Report.Step(
                        run.step(),
                        run.name(),
                        run.machine(),
                        run.started(),
                        run.duration().toMillis(),
                        run.rounds(),
                        run.outcome(),
                        run.said()))
            .toList(),
        decisions,
        logbook.changes(migration).stream()
            .filter(change -> change.kind().equals("command"))
            .map(Reports::command)
            .toList(),
        logbook.changes(migration).stream()
            .filter(change -> change.kind().equals("edit"))
            .map(Reports::edit)
            .toList(),
        evidence);
  }

  /**
   * The report itself is written by the last step: which of the two reports it is tells the end.
   */
  private static String outcome(HistoricProcessInstance instance, List<Logbook.StepRun> steps) {
    String last = steps.isEmpty() ? "" : steps.get(steps.size() - 1).step();
    return switch (last) {
      case "writeReport" -> "completed";
      case "writeAbortReport" -> "aborted";
      case "writeRollbackReport" -> "rolledBack";
      default -> instance.getEndTime() == null ? "running" : "deleted";
    };
  }

  private static Long number(Map<String, Object> variables, String name) {
    return variables.get(name) instanceof Number number ? (Long) number.longValue() : null;
  }

  private static String text(Map<String, Object> variables, String name) {
    return variables.containsKey(name) ? Values.text(variables.get(name)) : null;
  }

  private static Report.CommandRun command(Change change) {
    return new Report.CommandRun(
        change.step(),
        change.machine(),
        change.purpose(),
        change.script(),
        change.started(),
        change.duration().map(java.time.Duration::toMillis).orElse(null),
        change.exitCode().orElse(null));
  }

  private static Report.Edit edit(Change change) {
    return new Report.Edit(
        change.step(),
        change.machine(),
        change.path(),
        change.after().isEmpty() ? "removed" : change.before().isEmpty() ? "created" : "replaced",
        change.before().map(Reports::sha256).orElse(""),
        change.after().map(Reports::sha256).orElse(""),
        change.started());
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has SHA-256", e);
    }
  }
}
