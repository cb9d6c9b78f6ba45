package io.pryv.migration.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.camunda.bpm.engine.ProcessEngineException;
import org.camunda.bpm.engine.authorization.Authorization;
import org.camunda.bpm.engine.authorization.Permissions;
import org.camunda.bpm.engine.authorization.ProcessDefinitionPermissions;
import org.camunda.bpm.engine.authorization.Resources;
import org.camunda.bpm.engine.runtime.Incident;
import org.camunda.bpm.engine.runtime.ProcessInstance;
import org.camunda.bpm.engine.task.Task;
import org.junit.jupiter.api.Test;

/** What each group may do, and that nobody does it in another's name. */
class WhoMayWhatTest extends EngineTest {

  private static final List<String> OPERATORS = List.of("operators");
  private static final List<String> APPROVERS = List.of("approvers");
  private static final List<String> VIEWERS = List.of("viewers");

  private String startedBy(String user, String platformFile) {
    return as(
        user,
        OPERATORS,
        () ->
            engine
                .getRuntimeService()
                .startProcessInstanceByKey(
                    "register-migration", Map.of("platformFile", platformFile))
                .getId());
  }

  private void submit(String user, List<String> groups, Task task, Map<String, Object> form) {
    as(
        user,
        groups,
        () -> {
          engine.getFormService().submitTaskForm(task.getId(), form);
          return null;
        });
  }

  /** From within a task's listener the engine tells the refusal in words of its own. */
  private static void refused(ThrowingCallable deed, String... words) {
    assertThatThrownBy(deed)
        .isInstanceOf(ProcessEngineException.class)
        .satisfies(refusal -> assertThat(refusal.toString()).contains("AuthorizationException"))
        .satisfies(refusal -> assertThat(List.of(words)).allMatch(refusal.toString()::contains));
  }

  @Test
  void anOperatorWhoIsNothingElseDoesTheWholeJobExceptForTheApproval() {
    steps.failing("launchDest", 1, "docker is not there");
    steps.on(
        "watchDelegation",
        (step, call) -> {
          step.put("delegationMoved", false);
          step.put("delegationStuck", false);
        });
    String migration = startedBy("olga", "pryv");
    Incident incident = incidentAt(migration, "launchDest");
    as(
        "olga",
        OPERATORS,
        () -> {
          assertThat(
                  engine
                      .getRuntimeService()
                      .createIncidentQuery()
                      .processInstanceId(migration)
                      .count())
              .isOne();
          engine.getManagementService().setJobRetries(incident.getConfiguration(), 1);
          return null;
        });
    Task gate = taskAt(migration, "gate");
    assertThat(gate.getAssignee()).isNull();
    as(
        "olga",
        OPERATORS,
        () -> {
          assertThat(engine.getTaskService().createTaskQuery().taskId(gate.getId()).count())
              .isOne();
          assertThat(
                  engine
                      .getHistoryService()
                      .createHistoricProcessInstanceQuery()
                      .processInstanceId(migration)
                      .count())
              .isOne();
          assertThat(engine.getFilterService().createTaskFilterQuery().list())
              .extracting(filter -> filter.getName())
              .contains("All tasks");
          return null;
        });

    refused(
        () -> submit("olga", OPERATORS, gate, Map.of("gateDecision", "go")),
        "olga may not decide on the cut-over",
        "approvers");
    submit("olga", OPERATORS, gate, Map.of("gateDecision", "syncAgain"));
    submit("anna", APPROVERS, taskAt(migration, "gate"), Map.of("gateDecision", "go"));
    Task nameServers = taskAt(migration, "nameServers");
    refused(
        () -> submit("olga", OPERATORS, nameServers, Map.of("nameServersDecision", "changed")),
        "approvers");
    submit("anna", APPROVERS, nameServers, Map.of("nameServersDecision", "changed"));
    as(
        "otto",
        OPERATORS,
        () -> {
          rollback.ask(migration, "mail is late");
          return null;
        });

    assertThat(endOf(migration)).isEqualTo("rolledBack");
    assertThat(logbook.decisions(migration))
        .extracting(Logbook.Decision::who, Logbook.Decision::what)
        .containsExactly(
            tuple("olga", "syncAgain"),
            tuple("anna", "go"),
            tuple("anna", "changed"),
            tuple("otto", "roll back: mail is late"));
  }

  @Test
  void nobodyWithoutAGroupAndNoViewerActs() {
    String migration = start();
    Task gate = taskAt(migration, "gate");
    for (List<String> groups : List.of(List.<String>of(), VIEWERS)) {
      refused(() -> submit("vera", groups, gate, Map.of("gateDecision", "rollBack")));
      refused(
          () ->
              as(
                  "vera",
                  groups,
                  () ->
                      engine
                          .getRuntimeService()
                          .startProcessInstanceByKey(
                              "register-migration", Map.of("platformFile", "pryv"))));
      refused(
          () ->
              as(
                  "vera",
                  groups,
                  () -> {
                    rollback.ask(migration, "");
                    return null;
                  }),
          "operators");
    }
    as(
        "vera",
        VIEWERS,
        () -> {
          assertThat(engine.getTaskService().createTaskQuery().taskId(gate.getId()).count())
              .isOne();
          return null;
        });
    assertThat(logbook.decisions(migration)).isEmpty();
  }

  /** As on 7e81777: with CREATE_INSTANCE only, in any name. */
  @Test
  void whoMayOnlyStartProcessesRollsNobodysMigrationBack() {
    String migration = start();
    taskAt(migration, "gate");
    Authorization start =
        engine.getAuthorizationService().createNewAuthorization(Authorization.AUTH_TYPE_GRANT);
    start.setUserId("mallory");
    start.setResource(Resources.PROCESS_DEFINITION);
    start.setResourceId("*");
    start.addPermission(ProcessDefinitionPermissions.CREATE_INSTANCE);
    engine.getAuthorizationService().saveAuthorization(start);
    Authorization create =
        engine.getAuthorizationService().createNewAuthorization(Authorization.AUTH_TYPE_GRANT);
    create.setUserId("mallory");
    create.setResource(Resources.PROCESS_INSTANCE);
    create.setResourceId("*");
    create.addPermission(Permissions.CREATE);
    engine.getAuthorizationService().saveAuthorization(create);
    Map<String, Object> forged = Map.of("migration", migration, "reason", "", "operator", "admin");
    try {
      refused(
          () ->
              as(
                  "mallory",
                  List.of(),
                  () -> engine.getRuntimeService().startProcessInstanceByKey("roll-back", forged)),
          "mallory may not roll a migration back");
      refused(
          () ->
              as(
                  "mallory",
                  List.of(),
                  () ->
                      engine
                          .getRuntimeService()
                          .createProcessInstanceByKey("roll-back")
                          .startBeforeActivity("askForRollback")
                          .setVariables(forged)
                          .execute()),
          "begins at its start");
      // Past even that, there is no wish that could be carried out.
      ProcessInstance beside =
          engine
              .getRuntimeService()
              .createProcessInstanceByKey("roll-back")
              .startBeforeActivity("askForRollback")
              .setVariables(forged)
              .execute();
      assertThat(incidentAt(beside.getId(), "askForRollback").getIncidentMessage())
          .contains("nobody who may has wished this rollback");
    } finally {
      engine.getAuthorizationService().deleteAuthorization(start.getId());
      engine.getAuthorizationService().deleteAuthorization(create.getId());
    }
    assertThat(steps.calls("endJobs")).isZero();
    assertThat(logbook.decisions(migration)).isEmpty();
  }

  @Test
  void aVariableThatAsksForARollbackCountsOnlyFromWhoeverMay() {
    String migration = start();
    Task gate = taskAt(migration, "gate");
    // A form of another decision brings it along: it stands under the name of whoever sent it.
    refused(
        () ->
            as(
                "vera",
                VIEWERS,
                () -> {
                  engine.getRuntimeService().setVariable(migration, "rollbackRequested", true);
                  return null;
                }));
    assertThatThrownBy(
            () -> engine.getRuntimeService().setVariable(migration, "rollbackRequested", true))
        .hasMessageContaining("Nobody is logged in");
    assertThat(taskAt(migration, "gate").getId()).isEqualTo(gate.getId());

    setAsAdmin(migration, "rollbackRequested", true);
    assertThat(endOf(migration)).isEqualTo("rolledBack");
    assertThat(logbook.decisions(migration))
        .singleElement()
        .satisfies(decision -> assertThat(decision.who()).isEqualTo("admin"));
  }

  @Test
  void withFourEyesWhoeverStartedApprovesNothingYetMayRollBack() {
    platform("pryv", "pryv.example", "198.51.100.11", ", fourEyes: true");
    List<String> both = List.of("operators", "approvers");
    String migration = startedBy("olga", "pryv");
    Task gate = taskAt(migration, "gate");
    // The copy that counts is the one from the start, not the variable that may be edited.
    setAsAdmin(
        migration,
        "platform",
        Values.text(variable(migration, "platform"))
            .replace("\"fourEyes\":true", "\"fourEyes\":false"));
    refused(
        () -> submit("olga", both, gate, Map.of("gateDecision", "go")),
        "olga has started this migration",
        "fourEyes");
    submit("anna", both, gate, Map.of("gateDecision", "go"));
    Task nameServers = taskAt(migration, "nameServers");
    refused(
        () -> submit("olga", both, nameServers, Map.of("nameServersDecision", "changed")),
        "fourEyes");
    submit("olga", both, nameServers, Map.of("nameServersDecision", "rollBack"));

    assertThat(endOf(migration)).isEqualTo("rolledBack");
  }

  @Test
  void aDecisionWithoutAnybodyIsNone() {
    String migration = start();
    Task gate = taskAt(migration, "gate");
    assertThatThrownBy(
            () ->
                engine
                    .getTaskService()
                    .complete(gate.getId(), Map.of("gateDecision", "go", "operator", "admin")))
        .hasMessageContaining("Nobody is logged in");
    assertThat(logbook.decisions(migration)).isEmpty();
  }
}
