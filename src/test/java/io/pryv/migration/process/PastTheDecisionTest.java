package io.pryv.migration.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.camunda.bpm.engine.ProcessEngineException;
import org.camunda.bpm.engine.runtime.Incident;
import org.camunda.bpm.engine.runtime.ProcessInstanceModificationBuilder;
import org.camunda.bpm.engine.task.Task;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever leads a token past a person's decision is stopped before a machine is touched. */
class PastTheDecisionTest extends EngineTest {

  private static final Set<String> LOOKING = Set.of("watchDelegation", "watchQuiet");

  /** A migration that waits at that task. */
  private String at(String task) {
    if (task.equals("mendPreflight")) {
      steps.on("preflight", steps.now("preflight").andThen((step, call) -> stop(step)));
    }
    String migration = start();
    if (task.equals("nameServers") || task.equals("confirmRetirement")) {
      go(migration);
    }
    if (task.equals("confirmRetirement")) {
      complete(migration, "nameServers", Map.of("nameServersDecision", "changed"));
    }
    if (task.equals("nameServersBack")) {
      go(migration);
      taskAt(migration, "nameServers");
      steps.on(
          "findWriter",
          (step, call) -> {
            step.put("writer", "DEST");
            step.put("sourceReady", true);
            step.put("namesMoved", true);
          });
      rollBack(migration, "");
    }
    taskAt(migration, task);
    return migration;
  }

  private static void stop(StepContext step) {
    step.put("preflightStops", 1);
  }

  private void move(String migration, String from, String to) {
    asAdmin(
        () -> {
          ProcessInstanceModificationBuilder move =
              engine.getRuntimeService().createProcessInstanceModification(migration);
          if (!from.isEmpty()) {
            move.cancelAllForActivity(from);
          }
          move.startBeforeActivity(to).execute();
          return null;
        });
  }

  private void assertStoppedAt(String migration, String step, int playedBefore, String... words) {
    Incident incident = incidentAt(migration, step);
    assertThat(incident.getIncidentMessage())
        .contains("no machine was touched", "where it is asked again, or roll it back")
        .contains(words);
    assertThat(steps.played()).hasSize(playedBefore);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"mendPreflight", "gate", "nameServers", "confirmRetirement", "nameServersBack"})
  void anErrorThrownAtATaskEndsNothingAndLeadsNowhere(String task) {
    String migration = at(task);
    int played = steps.played().size();
    Task open = taskAt(migration, task);
    for (String error : List.of("anything", "coldWindowFailed")) {
      assertThatThrownBy(
              () ->
                  asAdmin(
                      () -> {
                        engine.getTaskService().handleBpmnError(open.getId(), error, "why");
                        return null;
                      }))
          .hasMessageContaining(error);
      escalate(open.getId(), error);
    }
    assertThat(taskAt(migration, task).getId()).isEqualTo(open.getId());
    assertThat(jobs(migration)).isEmpty();
    assertThat(steps.played()).hasSize(played);
  }

  /** Refused or heard by nobody: what counts is that the task stays. */
  private void escalate(String task, String code) {
    try {
      asAdmin(
          () -> {
            engine.getTaskService().handleEscalation(task, code);
            return null;
          });
    } catch (ProcessEngineException refused) {
      assertThat(refused).hasMessageContaining(code);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"recordBefore", "launchDest", "prepareGate"})
  void whatPreflightStopsIsNotPreparedWhateverLeadsThere(String step) {
    String migration = at("mendPreflight");
    int played = steps.played().size();
    move(migration, "mendPreflight", step);
    assertStoppedAt(migration, step, played, "mendPreflight", "what stops it: 1 in number");
  }

  @ParameterizedTest
  @CsvSource({
    "mendPreflight,     writeAbortReport",
    "gate,              prepareWindow",
    "nameServers,       watchDelegation",
    "confirmRetirement, retireSource",
    "nameServersBack,   watchDelegationBack"
  })
  void aTaskThatIsPassedWithoutItsDecisionLeadsToAnIncidentOfTheNextStep(String task, String next) {
    String migration = at(task);
    int played = steps.played().size();
    String execution = taskAt(migration, task).getExecutionId();
    if (task.equals("mendPreflight")) {
      setAsAdmin(migration, "preflightDecision", "abort");
    } else if (task.equals("gate")) {
      setAsAdmin(migration, "gateDecision", "go");
    }
    asAdmin(
        () -> {
          engine.getRuntimeService().signal(execution);
          return null;
        });

    assertStoppedAt(migration, next, played, task, "nobody has decided there");
  }

  @ParameterizedTest
  @CsvSource({
    "stopWrites",
    "startDest",
    "leadClients",
    "putSourceBack",
    "reloadProxy",
    "switchOver",
    "followDest",
    "listRecords",
    "retireSource",
    "closeTunnel",
    "removeKeys",
    "forgetNotes",
    "writeReport"
  })
  void aTokenMovedFromTheGateToAnyStepBehindItTouchesNoMachine(String step) {
    String migration = at("gate");
    setAsAdmin(migration, "outageDeadline", "2099-01-01T00:00:00Z");
    int played = steps.played().size();
    move(migration, "gate", step);

    assertStoppedAt(
        migration, step, played, "the decision \"go\" of this round", "nobody has decided there");
    assertThat(logbook.changes(migration))
        .extracting(Logbook.Change::step)
        .containsOnly("launchDest");
    rollBack(migration, "moved by mistake");
    assertThat(endOf(migration)).isEqualTo("rolledBack");
  }

  @ParameterizedTest
  @CsvSource({"gate, completed", "mendPreflight, aborted", "gate, handedOver", "gate, rolledBack"})
  void noEndIsReachedPastADecisionAndWhoTriesIsToldAtOnce(String task, String end) {
    String migration = at(task);
    setAsAdmin(migration, "outageDeadline", "2099-01-01T00:00:00Z");
    assertThatThrownBy(() -> move(migration, task, end))
        .hasStackTraceContaining("no machine was touched");
    assertThat(taskAt(migration, task)).isNotNull();
  }

  @Test
  void aStepOfTheRollbackBeginsOnlyWhenSomebodyHasAskedForIt() {
    String migration = at("gate");
    int played = steps.played().size();
    move(migration, "", "undoPreparation");

    assertStoppedAt(migration, "undoPreparation", played, "that somebody has asked for it");
  }

  @Test
  void aDecisionOfAnEarlierRoundLeadsNobodyIntoTheWindowAgain() {
    String migration = at("gate");
    steps.failing("startDest", 2, "port is taken");
    Task first = taskAt(migration, "gate");
    go(migration);
    eventually(() -> taskAt(migration, "gate").getId().equals(first.getId()) ? null : true);
    int played = steps.played().size();
    move(migration, "gate", "stopWrites");

    assertStoppedAt(
        migration, "stopWrites", played, "go by admin", "\"Collect the evidence\" has begun since");
  }

  @Test
  void theDecisionToSyncAgainIsNoneToGo() {
    String migration = at("gate");
    steps.failing("bulkSync", 5, "no route to host");
    complete(migration, "gate", Map.of("gateDecision", "syncAgain"));
    incidentAt(migration, "bulkSync");
    int played = steps.played().size();
    move(migration, "bulkSync", "prepareWindow");

    assertStoppedAt(migration, "prepareWindow", played, "syncAgain by admin");
  }

  @Test
  void onceDestIsElectedNoDecisionOfBeforeLeadsBackIntoTheWindow() {
    String migration = at("nameServers");
    int played = steps.played().size();
    move(migration, "nameServers", "proveCopy");

    assertStoppedAt(migration, "proveCopy", played, "has begun since");
  }

  @Test
  void whereTheDecisionsHoldATokenMayBeMovedForwardAndBackToBeAskedAgain() {
    String migration = at("gate");
    complete(migration, "gate", Map.of("gateDecision", "go", "notBefore", "2099-01-01T00:00:00Z"));
    move(migration, "notBefore", "compareBeforeFollow");
    taskAt(migration, "nameServers");
    assertThat(steps.calls("stopWrites")).isZero();

    move(migration, "nameServers", "listRecords");
    taskAt(migration, "nameServers");
    complete(migration, "nameServers", Map.of("nameServersDecision", "changed"));
    complete(migration, "confirmRetirement", Map.of("retirementDecision", "retire"));
    assertThat(endOf(migration)).isEqualTo("completed");
    assertThat(steps.played()).containsAll(LOOKING);
  }
}
