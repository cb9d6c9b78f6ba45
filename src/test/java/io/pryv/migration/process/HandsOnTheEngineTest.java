package io.pryv.migration.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Map;
import org.camunda.bpm.engine.runtime.Incident;
import org.camunda.bpm.engine.runtime.Job;
import org.camunda.bpm.engine.task.Task;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;

/** A migration that somebody suspends, edits or ends while it is under way. */
class HandsOnTheEngineTest extends EngineTest {

  private static final String FOLLOWS_NOT = Following.SOURCE.incident();

  @LocalServerPort int port;
  @Autowired Reports reports;

  private String following() {
    String migration = start();
    go(migration);
    taskAt(migration, "nameServers");
    return migration;
  }

  private void admin(Runnable deed) {
    asAdmin(
        () -> {
          deed.run();
          return null;
        });
  }

  private Incident told(String migration, String type) {
    return eventually(
        () ->
            engine
                .getRuntimeService()
                .createIncidentQuery()
                .processInstanceId(migration)
                .incidentType(type)
                .singleResult());
  }

  private void gone(String migration, String type) {
    eventually(
        () ->
            engine
                        .getRuntimeService()
                        .createIncidentQuery()
                        .processInstanceId(migration)
                        .incidentType(type)
                        .count()
                    == 0
                ? true
                : null);
  }

  private HttpResponse<String> askForRollback(String migration) throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(
                    URI.create(
                        "http://localhost:" + port + "/api/migrations/" + migration + "/rollback"))
                .header(
                    "Authorization",
                    "Basic "
                        + Base64.getEncoder()
                            .encodeToString(("admin:" + PASSWORD).getBytes(StandardCharsets.UTF_8)))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString("{\"reason\": \"\"}"))
                .build(),
            BodyHandlers.ofString());
  }

  @Test
  void whileAMigrationIsSuspendedTheWatchGoesOnAndAnAlarmSaysSo() throws Exception {
    String migration = following();
    admin(() -> engine.getRuntimeService().suspendProcessInstanceById(migration));
    assertThat(told(migration, Standstill.INCIDENT).getIncidentMessage())
        .contains("its process instance", "source may refuse writes", "no rollback begins");
    troubleOfReplication.set("the link to dest is down");
    Incident trouble = told(migration, FOLLOWS_NOT);
    assertThat(trouble.getIncidentMessage()).contains("the link to dest is down");

    HttpResponse<String> answer = askForRollback(migration);
    assertThat(answer.statusCode()).isEqualTo(409);
    assertThat(answer.body()).contains("is suspended", "its process instance", "then ask again");
    assertThat(told(migration, FOLLOWS_NOT).getId()).as("still told").isEqualTo(trouble.getId());

    admin(() -> engine.getRuntimeService().activateProcessInstanceById(migration));
    gone(migration, Standstill.INCIDENT);
    troubleOfReplication.set("");
    gone(migration, FOLLOWS_NOT);
    assertThat(askForRollback(migration).statusCode()).isEqualTo(202);
    assertThat(endOf(migration)).isEqualTo("rolledBack");
  }

  @Test
  void aSuspendedProcessAndSuspendedStepsAreToldInTheColdWindowToo() throws Exception {
    String migration = start();
    Task gate = taskAt(migration, "gate");
    String process = gate.getProcessDefinitionId();
    String lastSync =
        engine
            .getManagementService()
            .createJobDefinitionQuery()
            .processDefinitionId(process)
            .activityIdIn("lastSync")
            .singleResult()
            .getId();
    steps.on(
        "stopWrites",
        (step, call) -> engine.getManagementService().suspendJobDefinitionById(lastSync, true));
    go(migration);
    try {
      assertThat(told(migration, Standstill.INCIDENT).getIncidentMessage())
          .contains("1 of its job definitions", "source may refuse writes");
      assertThat(askForRollback(migration).statusCode()).isEqualTo(409);
    } finally {
      engine.getManagementService().activateJobDefinitionById(lastSync, true);
    }
    taskAt(migration, "nameServers");
    gone(migration, Standstill.INCIDENT);
    admin(() -> engine.getRepositoryService().suspendProcessDefinitionById(process, true, null));
    try {
      assertThat(told(migration, Standstill.INCIDENT).getIncidentMessage())
          .contains("its process instance");
    } finally {
      admin(() -> engine.getRepositoryService().activateProcessDefinitionById(process, true, null));
    }
    gone(migration, Standstill.INCIDENT);
  }

  @Test
  void whoIsNoAdminNeitherSuspendsNorEndsAMigration() {
    String migration = start();
    Task gate = taskAt(migration, "gate");
    for (Runnable deed :
        List.<Runnable>of(
            () -> engine.getRuntimeService().suspendProcessInstanceById(migration),
            () -> engine.getRuntimeService().deleteProcessInstance(migration, "why not"),
            () ->
                engine
                    .getRepositoryService()
                    .suspendProcessDefinitionById(gate.getProcessDefinitionId(), true, null),
            () -> engine.getManagementService().suspendJobByProcessInstanceId(migration),
            () ->
                engine
                    .getManagementService()
                    .suspendJobDefinitionByProcessDefinitionId(
                        gate.getProcessDefinitionId(), true))) {
      assertThatThrownBy(
              () ->
                  as(
                      "olga",
                      List.of("operators", "approvers"),
                      () -> {
                        deed.run();
                        return null;
                      }))
          .isInstanceOf(org.camunda.bpm.engine.AuthorizationException.class);
    }
    assertThat(taskAt(migration, "gate").isSuspended()).isFalse();
  }

  @Test
  void aStrategyEditedAtTheGateIsToldAndCrossesNothing() {
    String migration = start();
    Task gate = taskAt(migration, "gate");
    setAsAdmin(migration, "strategy", "live");
    assertThatThrownBy(
            () ->
                asAdmin(
                    () -> {
                      engine
                          .getFormService()
                          .submitTaskForm(gate.getId(), Map.of("gateDecision", "go"));
                      return null;
                    }))
        .hasStackTraceContaining("variable strategy")
        .hasStackTraceContaining("cold → live");
    assertThat(taskAt(migration, "gate").getId()).isEqualTo(gate.getId());

    setAsAdmin(migration, "strategy", "cold");
    go(migration);
    taskAt(migration, "nameServers");
    assertThat(steps.calls("followSource")).isZero();
  }

  @Test
  void aStrategyOrAPurposeEditedLaterStopsBeforeTheGatewayThatReadsIt() {
    String migration = start();
    complete(migration, "gate", Map.of("gateDecision", "go", "notBefore", "2099-01-01T00:00:00Z"));
    eventually(() -> visited(migration).contains("notBefore") ? true : null);
    setAsAdmin(migration, "strategy", "live");
    Job timer = jobs(migration).get(0);
    assertThatThrownBy(() -> engine.getManagementService().executeJob(timer.getId()))
        .hasStackTraceContaining("cold → live");
    setAsAdmin(migration, "strategy", "cold");
    steps.on("preSync", (step, call) -> step.put("preSyncDone", true));
    setAsAdmin(migration, "purpose", "rehearse");
    engine.getManagementService().setJobRetries(timer.getId(), 1);
    engine.getManagementService().setJobDuedate(timer.getId(), Date.from(Instant.now()));

    assertThat(incidentAt(migration, "prepareWindow").getIncidentMessage())
        .contains("variable purpose", "migrate → rehearse");
    assertThat(steps.calls("followSource")).isZero();
    assertThat(steps.calls("stopWrites")).isZero();
  }

  @Test
  void whoCompletesATaskSetsNothingBesideItsFields() {
    String migration = start();
    Task gate = taskAt(migration, "gate");
    Map<String, Object> beside =
        Map.of("gateDecision", "go", "outageDeadline", "2099-01-01T00:00:00Z", "retired", true);
    assertThatThrownBy(
            () -> admin(() -> engine.getFormService().submitTaskForm(gate.getId(), beside)))
        .hasMessageContaining("[gateDecision, notBefore, rollbackReason]")
        .hasMessageContaining("[outageDeadline, retired]");
    assertThatThrownBy(() -> admin(() -> engine.getTaskService().complete(gate.getId(), beside)))
        .hasMessageContaining("completed by its form");
    assertThat(variable(migration, "retired")).isEqualTo(false);
    assertThat(logbook.decisions(migration)).isEmpty();

    admin(
        () ->
            engine
                .getFormService()
                .submitTaskForm(
                    gate.getId(), Map.of("gateDecision", "syncAgain", "retired", false)));
    eventually(() -> taskAt(migration, "gate").getId().equals(gate.getId()) ? null : true);
  }

  @Test
  void retriesTakenDatesMovedAndVariablesDeletedAreTold() {
    steps.failing("launchDest", 1, "docker is not there");
    String migration = start();
    Incident failed = incidentAt(migration, "launchDest");
    admin(() -> engine.getManagementService().setJobRetries(failed.getConfiguration(), 1));
    complete(migration, "gate", Map.of("gateDecision", "go", "notBefore", "2099-01-01T00:00:00Z"));
    eventually(() -> visited(migration).contains("notBefore") ? true : null);
    Job timer = jobs(migration).get(0);
    admin(
        () ->
            engine
                .getManagementService()
                .setJobDuedate(timer.getId(), Date.from(Instant.parse("2098-01-01T00:00:00Z"))));
    assertThat(told(migration, Standstill.MOVED).getIncidentMessage())
        .contains("admin has moved the date of notBefore", "2098-01-01T00:00:00Z");
    admin(() -> engine.getManagementService().setJobRetries(timer.getId(), 0));
    assertThat(told(migration, "failedJob").getActivityId()).isEqualTo("notBefore");
    admin(() -> engine.getRuntimeService().removeVariable(migration, "expectedOutageMs"));

    assertThat(reports.of(migration).markdown())
        .contains("SetDueDate: duedate", "SetJobRetries: retries 1 → 0")
        .containsPattern("RemoveVariable.*expectedOutageMs");
    engine.getManagementService().setJobDuedate(timer.getId(), Date.from(Instant.now()));
    engine.getManagementService().setJobRetries(timer.getId(), 1);
    taskAt(migration, "nameServers");
    gone(migration, Standstill.MOVED);
  }

  @Test
  void aTaskIsEverybodysWhoMayHasADateAndKeepsItsDecisionAsAComment() {
    String migration = start();
    Task gate = taskAt(migration, "gate");
    assertThat(gate.getAssignee()).isNull();
    assertThat(gate.getDueDate()).isInTheFuture();
    assertThat(engine.getTaskService().getIdentityLinksForTask(gate.getId()))
        .extracting(link -> link.getGroupId())
        .containsExactlyInAnyOrder("operators", "approvers");
    complete(migration, "gate", Map.of("gateDecision", "syncAgain"));

    assertThat(engine.getTaskService().getTaskComments(gate.getId()))
        .singleElement()
        .satisfies(comment -> assertThat(comment.getFullMessage()).isEqualTo("admin: syncAgain"));
  }

  @Test
  void aWatchThatSomebodyTakesAwayIsTold() {
    String migration = following();
    admin(() -> engine.getRuntimeService().removeVariable(migration, "sourceFollows"));
    assertThat(told(migration, FOLLOWS_NOT).getIncidentMessage())
        .contains("variable sourceFollows", "found that it was deleted");
    setAsAdmin(migration, "sourceFollows", true);
    gone(migration, FOLLOWS_NOT);
  }
}
