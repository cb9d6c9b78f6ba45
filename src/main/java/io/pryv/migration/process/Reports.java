package io.pryv.migration.process;

import io.pryv.migration.engine.EndListener;
import io.pryv.migration.engine.ThisProgram;
import io.pryv.migration.process.Archive.Beginning;
import io.pryv.migration.process.Logbook.Change;
import io.pryv.migration.process.Logbook.Decision;
import io.pryv.migration.process.Logbook.Evidence;
import io.pryv.migration.process.Report.Intervention;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.camunda.bpm.engine.HistoryService;
import org.camunda.bpm.engine.IdentityService;
import org.camunda.bpm.engine.history.HistoricProcessInstance;
import org.camunda.bpm.engine.history.HistoricVariableInstance;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/** Tells a migration, running or over, from the logbook and the engine's history. */
@Component
public class Reports implements EndListener {

  private static final Logger LOG = LoggerFactory.getLogger(Reports.class);

  private static final String PROCESS = "register-migration";

  private final Logbook logbook;
  private final HistoryService history;
  private final Rehearsals rehearsals;
  private final Interventions interventions;
  private final Archive archive;
  private final IdentityService identity;

  Reports(
      Logbook logbook,
      HistoryService history,
      Rehearsals rehearsals,
      Interventions interventions,
      Archive archive,
      IdentityService identity) {
    this.logbook = logbook;
    this.history = history;
    this.rehearsals = rehearsals;
    this.interventions = interventions;
    this.archive = archive;
    this.identity = identity;
  }

  /** A migration is over: its report stays, whatever becomes of its history. */
  @Override
  public void ended(String process, String instance, Instant end) {
    if (process.equals(PROCESS)) {
      Optional<Intervention> byHand = handAtTheEnd(end);
      if (byHand.isPresent() && logbook.changedAnything(instance)) {
        LOG.error(
            "{} was ended by {} where it stood: what it changed on the machines stays there (fences,"
                + " tunnels, keys), and nobody watches it any more; its report tells all of it",
            instance,
            byHand.get().who());
      }
      ThisProgram.acts(
          identity,
          () -> {
            archive
                .beginning(instance)
                .ifPresent(began -> archive.keep(live(instance, began, end, byHand)));
            return null;
          });
    }
  }

  /**
   * Whoever ends a migration by a request, as by its deletion: his own entry is not written yet.
   */
  private Optional<Intervention> handAtTheEnd(Instant end) {
    return Optional.ofNullable(identity.getCurrentAuthentication())
        .map(who -> new Intervention(end, who.getUserId(), "ended it"));
  }

  /** Reports that have outlived the engine's history, the newest first. */
  public List<Report> withoutHistory() {
    return archive.withoutHistory();
  }

  /**
   * The report of a migration: as it was kept at its end, or as far as it has come.
   *
   * @throws IllegalArgumentException when there is none of that id that the caller may see
   */
  public Report of(String migration) {
    return archive.find(migration).orElseGet(() -> asFarAsItHasCome(migration));
  }

  private Report asFarAsItHasCome(String migration) {
    HistoricProcessInstance instance =
        history.createHistoricProcessInstanceQuery().processInstanceId(migration).singleResult();
    if (instance == null) {
      throw new IllegalArgumentException("no migration " + migration);
    }
    Beginning began =
        new Beginning(
            instance.getBusinessKey(),
            instance.getStartUserId(),
            instance.getStartTime().toInstant());
    Instant end = instance.getEndTime() == null ? null : instance.getEndTime().toInstant();
    return live(migration, began, end, Optional.empty());
  }

  /**
   * Tells it from what was written down.
   *
   * @param end null while it runs
   */
  private Report live(String migration, Beginning began, Instant end, Optional<Intervention> last) {
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
    String startedBy = Optional.ofNullable(began.who()).orElse("this program");
    decisions.add(new Decision("start", startedBy, began.when(), "start"));
    decisions.addAll(logbook.decisions(migration));
    Map<String, String> evidence = new LinkedHashMap<>();
    for (Evidence each : logbook.evidence(migration)) {
      evidence.put(each.name(), each.markdown());
    }
    return new Report(
        migration,
        Optional.ofNullable(began.domain()).orElse(""),
        rehearsals.purpose(migration),
        rehearsals.end(migration, outcome(end != null, steps)),
        startedBy,
        began.when(),
        end,
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
        Stream.concat(interventions.of(migration).stream(), last.stream()).toList(),
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
  private static String outcome(boolean over, List<Logbook.StepRun> steps) {
    String last = steps.isEmpty() ? "" : steps.get(steps.size() - 1).step();
    return switch (last) {
      case "writeReport" -> "completed";
      case "writeAbortReport" -> "aborted";
      case "writeRollbackReport" -> "rolledBack";
      default -> over ? "deleted" : "running";
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
