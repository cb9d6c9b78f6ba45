package io.pryv.migration.console;

import io.pryv.migration.process.PlatformFiles;
import io.pryv.migration.process.Rehearsals;
import io.pryv.migration.process.Report;
import io.pryv.migration.process.Reports;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.camunda.bpm.engine.AuthorizationService;
import org.camunda.bpm.engine.HistoryService;
import org.camunda.bpm.engine.IdentityService;
import org.camunda.bpm.engine.RuntimeService;
import org.camunda.bpm.engine.TaskService;
import org.camunda.bpm.engine.authorization.ProcessDefinitionPermissions;
import org.camunda.bpm.engine.authorization.Resources;
import org.camunda.bpm.engine.history.HistoricActivityInstance;
import org.camunda.bpm.engine.history.HistoricProcessInstance;
import org.camunda.bpm.engine.impl.identity.Authentication;
import org.camunda.bpm.engine.runtime.Incident;
import org.camunda.bpm.engine.task.Task;
import org.springframework.stereotype.Component;

/** The migrations that the logged-in user may see, running and finished. */
@Component
class Migrations {

  static final String PROCESS = "register-migration";

  /** The end events of the diagram. */
  private static final Set<String> ENDS = Set.of("completed", "rolledBack", "aborted");

  private final HistoryService history;
  private final RuntimeService runtime;
  private final TaskService tasks;
  private final PlatformFiles files;
  private final Rehearsals rehearsals;
  private final Reports reports;
  private final IdentityService identity;
  private final AuthorizationService authorizations;

  Migrations(
      HistoryService history,
      RuntimeService runtime,
      TaskService tasks,
      PlatformFiles files,
      Rehearsals rehearsals,
      Reports reports,
      IdentityService identity,
      AuthorizationService authorizations) {
    this.reports = reports;
    this.identity = identity;
    this.authorizations = authorizations;
    this.files = files;
    this.rehearsals = rehearsals;
    this.history = history;
    this.runtime = runtime;
    this.tasks = tasks;
  }

  /**
   * A migration at a glance.
   *
   * @param purpose {@code migrate} or {@code rehearse}
   * @param state {@code running}, {@code waiting} for a person, "incident", {@code completed},
   *     {@code rehearsed}, {@code rolledBack}, {@code aborted} or {@code deleted}
   * @param at names of the steps it stands at
   * @param incidents what failed and waits for a retry
   * @param task id of the task that waits for a person, or empty
   */
  record Glance(
      String id,
      String domain,
      String purpose,
      String state,
      List<String> at,
      List<Trouble> incidents,
      String task,
      String startedBy,
      Instant startedAt,
      Instant endedAt) {}

  /** An incident as Cockpit shows it. */
  record Trouble(String step, String type, String message, Instant since) {}

  /** The newest first. */
  List<Glance> all() {
    return Stream.concat(
            history
                .createHistoricProcessInstanceQuery()
                .processDefinitionKey(PROCESS)
                .orderByProcessInstanceStartTime()
                .desc()
                .list()
                .stream()
                .map(this::glance),
            withoutHistory())
        .toList();
  }

  /** Those of which only the report was kept. */
  private Stream<Glance> withoutHistory() {
    Authentication who = identity.getCurrentAuthentication();
    return authorizations.isUserAuthorized(
            who.getUserId(),
            who.getGroupIds(),
            ProcessDefinitionPermissions.READ_HISTORY,
            Resources.PROCESS_DEFINITION,
            PROCESS)
        ? reports.withoutHistory().stream().map(Migrations::glance)
        : Stream.empty();
  }

  private static Glance glance(Report report) {
    return new Glance(
        report.migration(),
        report.domain(),
        report.purpose(),
        report.outcome(),
        List.of(),
        List.of(),
        "",
        report.startedBy(),
        report.startedAt(),
        report.endedAt());
  }

  Optional<Glance> one(String id) {
    return Optional.ofNullable(
            history
                .createHistoricProcessInstanceQuery()
                .processDefinitionKey(PROCESS)
                .processInstanceId(id)
                .singleResult())
        .map(this::glance)
        .or(() -> withoutHistory().filter(kept -> kept.id().equals(id)).findFirst());
  }

  /** How the platform file of a running migration differs from the copy that it goes on with. */
  List<String> editsOfPlatformFile(Glance migration) {
    if (migration.endedAt() != null) {
      return List.of();
    }
    Map<String, Object> variables =
        runtime.getVariables(migration.id(), List.of("platformFile", "platform"));
    return variables.containsKey("platform")
        ? files.editsSince(variables.get("platformFile"), variables.get("platform"))
        : List.of();
  }

  private Glance glance(HistoricProcessInstance instance) {
    String id = instance.getId();
    boolean over = instance.getEndTime() != null;
    List<String> at = new ArrayList<>();
    List<Trouble> incidents = new ArrayList<>();
    Optional<Task> task = Optional.empty();
    if (!over) {
      history
          .createHistoricActivityInstanceQuery()
          .processInstanceId(id)
          .unfinished()
          .list()
          .stream()
          .filter(activity -> !activity.getActivityType().equals("subProcess"))
          .map(HistoricActivityInstance::getActivityName)
          .forEach(at::add);
      for (Incident incident : runtime.createIncidentQuery().processInstanceId(id).list()) {
        incidents.add(
            new Trouble(
                incident.getActivityId(),
                incident.getIncidentType(),
                Optional.ofNullable(incident.getIncidentMessage()).orElse(""),
                incident.getIncidentTimestamp().toInstant()));
      }
      task = tasks.createTaskQuery().processInstanceId(id).list().stream().findFirst();
    }
    return new Glance(
        id,
        Optional.ofNullable(instance.getBusinessKey()).orElse(""),
        rehearsals.purpose(id),
        over ? rehearsals.end(id, end(instance)) : state(incidents, task),
        at,
        incidents,
        task.map(Task::getId).orElse(""),
        Optional.ofNullable(instance.getStartUserId()).orElse(""),
        instance.getStartTime().toInstant(),
        Optional.ofNullable(instance.getEndTime()).map(Date::toInstant).orElse(null));
  }

  private static String state(List<Trouble> incidents, Optional<Task> task) {
    if (!incidents.isEmpty()) {
      return "incident";
    }
    return task.isPresent() ? "waiting" : "running";
  }

  private String end(HistoricProcessInstance instance) {
    return history
        .createHistoricActivityInstanceQuery()
        .processInstanceId(instance.getId())
        .activityType("noneEndEvent")
        .list()
        .stream()
        .map(HistoricActivityInstance::getActivityId)
        .filter(event -> ENDS.contains(event))
        .findFirst()
        .orElse("deleted");
  }
}
