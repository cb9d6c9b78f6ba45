package io.pryv.migration.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.services.DestMayHaveTakenWrites;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import org.camunda.bpm.engine.history.HistoricActivityInstance;
import org.camunda.bpm.engine.runtime.Incident;
import org.camunda.bpm.engine.runtime.Job;
import org.camunda.bpm.engine.task.Task;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;

/** Every path that a migration can take, on each database that is supported. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
abstract class MigrationPaths extends EngineTest {

  private static final int LAST = Integer.MAX_VALUE;
  private static final Map<String, Object> CHANGED = Map.of("nameServersDecision", "changed");
  private static final Map<String, Object> RETIRE = Map.of("retirementDecision", "retire");

  /** What is undone when source has gone on serving, or could not but be put back. */
  private static final List<String> BEFORE_CUT_OVER =
      List.of(
          "endJobs",
          "settleSwitch",
          "findWriter",
          "putSourceBack",
          "closeTunnel",
          "undoPreparation",
          "proveAsBefore",
          "forgetNotes");

  @Autowired Reports reports;
  @Autowired FileProperties files;

  @Test
  void aHealthyMigrationRunsFromTheStartFormToTheReport() throws IOException {
    String migration = start();
    go(migration);
    complete(migration, "nameServers", CHANGED);
    complete(migration, "confirmRetirement", RETIRE);

    assertThat(endOf(migration)).isEqualTo("completed");
    assertThat(steps.played())
        .containsExactly(
            "preflight",
            "recordBefore",
            "publishRedisPort",
            "launchDest",
            "fenceDest",
            "backUp",
            "backUp",
            "makeTunnelKey",
            "keepDestData",
            "makeTransferKey",
            "bulkSync",
            "bulkSync",
            "bulkSync",
            "prepareWindow",
            "preSync",
            "preSync",
            "stopWrites",
            "lastSync",
            "lastSync",
            "proveCopy",
            "startDest",
            "proveDest",
            "proxySource",
            "reloadProxy",
            "reloadProxy",
            "proveProxy",
            "listRefusedInWindow",
            "compareBeforeFollow",
            "openTunnel",
            "followDest",
            "listRecords",
            "watchDelegation",
            "watchDelegation",
            "verifyData",
            "verifyDns",
            "verifyDns",
            "watchQuiet",
            "watchQuiet",
            "retireSource",
            "closeTunnel",
            "removeKeys",
            "forgetNotes");
    Report report = reports.of(migration);
    assertThat(report.outcome()).isEqualTo("completed");
    assertThat(report.domain()).isEqualTo("pryv.example");
    assertThat(report.users()).isEqualTo(20_001);
    assertThat(report.coldWindowMs()).isEqualTo(8_700);
    assertThat(report.verification()).isEqualTo(new Report.Verification(60_003L, 0L, 210L, 0L));
    assertThat(report.decisions())
        .extracting(Logbook.Decision::task, Logbook.Decision::who, Logbook.Decision::what)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("start", "admin", "start"),
            org.assertj.core.groups.Tuple.tuple("gate", "admin", "go"),
            org.assertj.core.groups.Tuple.tuple("nameServers", "admin", "changed"),
            org.assertj.core.groups.Tuple.tuple("confirmRetirement", "admin", "retire"));
    Path written = files.reports().resolve("pryv.example-" + migration + ".json");
    assertThat(Files.readString(written)).contains("\"outcome\" : \"completed\"");
    assertThat(files.reports().resolve("pryv.example-" + migration + ".md")).exists();
  }

  @Test
  void aLiveMigrationLetsDestFollowSourceAndSwitchesInsteadOfStoppingIt() {
    steps.live();
    String migration = start();
    taskAt(migration, "gate");
    assertThat((String) variable(migration, "gateEvidence"))
        .contains("| strategy | live: ", "| 60 ms |", "offset 4711 reached")
        .doesNotContain("longest outage allowed");
    go(migration);
    complete(migration, "nameServers", CHANGED);
    complete(migration, "confirmRetirement", RETIRE);

    assertThat(endOf(migration)).isEqualTo("completed");
    assertThat(steps.played())
        .containsExactly(
            "preflight",
            "recordBefore",
            "publishRedisPort",
            "launchDest",
            "fenceDest",
            "backUp",
            "backUp",
            "makeTunnelKey",
            "keepDestData",
            "openTunnelToSource",
            "followSource",
            "followSource",
            "prepareSwitchSite",
            "measureSwitch",
            "followSource",
            "followSource",
            "seeDestServes",
            "putRetryIn",
            "openTunnel",
            "switchOver",
            "switchOver",
            "openTunnel",
            "switchOver",
            "proveProxy",
            "listRefusedWrites",
            "leaveSource",
            "followDest",
            "listRecords",
            "watchDelegation",
            "watchDelegation",
            "verifyData",
            "verifyDns",
            "verifyDns",
            "watchQuiet",
            "watchQuiet",
            "retireSource",
            "closeTunnel",
            "removeKeys",
            "forgetNotes");
    Report report = reports.of(migration);
    assertThat(report.strategy()).isEqualTo("live");
    assertThat(report.coldWindowMs()).isEqualTo(11);
    assertThat(report.markdown()).contains("| switch, from fence to nginx | 11 ms |");
  }

  @Test
  void aDestThatLostSourceOnTheWayToTheSwitchCatchesUpFirst() {
    steps.live();
    steps.on(
        "putRetryIn",
        (step, call) -> {
          if (call == 1) {
            step.put("destInSync", false);
          }
        });
    String migration = start();
    taskAt(migration, "gate");
    int before = steps.played().size();
    go(migration);
    taskAt(migration, "nameServers");

    assertThat(played(before))
        .containsSubsequence(
            "putRetryIn",
            "followSource",
            "seeDestServes",
            "putRetryIn",
            "openTunnel",
            "switchOver");
    assertThat(steps.calls("putRetryIn")).isEqualTo(2);
  }

  @Test
  void aSwitchThatIsUndoneTakesTheRetryOutAndAsksAgainAtTheGate() {
    steps.live();
    steps.on(
        "switchOver",
        (step, call) -> {
          step.put("switchOutcome", call == 1 ? "UNDONE" : "SWITCHED");
          if (call == 1) {
            step.put("windowFailure", "The switch was undone: dest rewrites its AOF.");
          }
        });
    String migration = start();
    Task asked = taskAt(migration, "gate");
    int before = steps.played().size();
    go(migration);
    eventually(() -> taskAt(migration, "gate").getId().equals(asked.getId()) ? null : true);

    assertThat(played(before)).endsWith("putRetryIn", "openTunnel", "switchOver", "takeRetryOut");
    assertThat((String) variable(migration, "gateEvidence"))
        .contains("The switch was undone, source takes writes as before", "dest rewrites its AOF");
    assertThat(steps.calls("launchDest")).as("straight back to the gate").isEqualTo(1);
    assertThat(steps.calls("measureSwitch")).isEqualTo(1);

    complete(migration, "gate", Map.of("gateDecision", "syncAgain"));
    eventually(() -> steps.calls("measureSwitch") == 2 ? true : null);
    go(migration);
    taskAt(migration, "nameServers");
    assertThat((String) variable(migration, "windowFailure")).isEmpty();
    assertThat(steps.calls("stopWrites")).isZero();
    assertThat(steps.calls("bulkSync")).isZero();
  }

  @Test
  void aSwitchWhoseOutcomeNobodyKnowsIsTriedAgainByItself() {
    steps.live();
    java.util.concurrent.CountDownLatch destAnswers = new java.util.concurrent.CountDownLatch(1);
    steps.on(
        "switchOver",
        (step, call) -> {
          if (call == 3) {
            awaitLatch(destAnswers);
          }
          step.put("switchOutcome", call <= 3 ? "" : "SWITCHED");
          step.put("sourceTurned", false);
          if (call != 3) {
            step.put("writerUnknown", call <= 2 ? "unknown: dest does not tell" : "");
          }
        });
    String migration = start();
    go(migration);
    Incident alarm =
        eventually(() -> incidentsOf(migration, "writerUnknown").stream().findFirst().orElse(null));
    assertThat(alarm.getActivityId()).isEqualTo("switchOver");
    assertThat(alarm.getIncidentMessage())
        .startsWith("The switch is not settled: unknown: dest does not tell")
        .contains("tried again by itself");
    eventually(() -> steps.calls("switchOver") == 3 ? true : null);
    eventually(() -> incidentsOf(migration, "writerUnknown").size() == 1 ? true : null);
    destAnswers.countDown();

    taskAt(migration, "nameServers");
    eventually(() -> incidentsOf(migration, "writerUnknown").isEmpty() ? true : null);
    assertThat(steps.calls("takeRetryOut")).isZero();
  }

  @Test
  void aRollbackBeforeTheSwitchLetsNginxAskDestNoMoreBeforeDestLeavesSource() {
    steps.live();
    String migration = start();
    taskAt(migration, "gate");
    int before = steps.played().size();
    complete(migration, "gate", Map.of("gateDecision", "rollBack"));

    assertThat(endOf(migration)).isEqualTo("rolledBack");
    assertThat(played(before))
        .containsExactly(
            "endJobs",
            "settleSwitch",
            "findWriter",
            "takeRetryOut",
            "leaveSource",
            "putSourceBack",
            "closeTunnel",
            "undoPreparation",
            "proveAsBefore",
            "forgetNotes");
  }

  @Test
  void aRollbackAfterTheSwitchIsTheReturnOfAColdOne() {
    steps.live();
    String migration = start();
    go(migration);
    taskAt(migration, "nameServers");
    writerIs("DEST", true);
    int before = steps.played().size();
    rollBack(migration, "");

    assertThat(endOf(migration)).isEqualTo("rolledBack");
    assertThat(played(before))
        .containsExactly(
            "endJobs",
            "settleSwitch",
            "findWriter",
            "prepareReturn",
            "returnWriter",
            "returnProxy",
            "closeTunnel",
            "undoPreparation",
            "proveAsBefore",
            "forgetNotes");
  }

  @Test
  void aColdRehearsalGoesUpToTheGateAndBackByItselfAndIsNoFailure() throws IOException {
    String rehearsal = start(Map.of("platformFile", "pryv", "purpose", "rehearse"));

    assertThat(endOf(rehearsal)).isEqualTo("rolledBack");
    assertThat(visited(rehearsal)).doesNotContain("gate").contains("rehearseWindow");
    assertThat(steps.played())
        .containsSubsequence("preflight", "launchDest", "bulkSync", "prepareWindow", "endJobs")
        .endsWith(BEFORE_CUT_OVER.toArray(String[]::new));
    assertThat(steps.calls("stopWrites")).isZero();
    Report report = reports.of(rehearsal);
    assertThat(report.purpose()).isEqualTo("rehearse");
    assertThat(report.outcome()).isEqualTo("rehearsed");
    assertThat(report.expectedOutageMs()).isEqualTo(9_500);
    assertThat(report.coldWindowMs()).isNull();
    assertThat(report.decisions())
        .last()
        .satisfies(
            decision -> {
              assertThat(decision.who()).isEqualTo("the rehearsal");
              assertThat(decision.what()).isEqualTo("roll back: rehearsal");
            });
    assertThat(report.steps())
        .filteredOn(step -> step.id().equals("endRehearsal"))
        .singleElement()
        .satisfies(step -> assertThat(step.said()).contains("(cold)", "9.5 s"));
    assertThat(files.reports().resolve("pryv.example-" + rehearsal + ".md"))
        .content()
        .startsWith("# Rehearsal of pryv.example: Rehearsed: both machines are as before")
        .contains("| expected outage | 9.5 s |");
  }

  @Test
  void aLiveRehearsalMeasuresTheSwitchAndLeavesSource() {
    steps.live();
    String rehearsal = start(Map.of("platformFile", "pryv", "purpose", "rehearse"));
    endOf(rehearsal);

    assertThat(visited(rehearsal)).doesNotContain("gate", "rehearseWindow");
    assertThat(visited(rehearsal)).as("asked for once").containsOnlyOnce("prepareGate");
    assertThat(steps.calls("switchOver")).isZero();
    assertThat(steps.calls("putRetryIn")).isZero();
    assertThat(steps.played())
        .containsSubsequence(
            "measureSwitch", "endJobs", "takeRetryOut", "leaveSource", "proveAsBefore");
    Report report = reports.of(rehearsal);
    assertThat(report.outcome()).isEqualTo("rehearsed");
    assertThat(report.markdown())
        .contains("| expected outage | 60 ms |", "| expected from | measured here: round trips");
  }

  @Test
  void aRehearsalThatDoesNotComeUpToTheSwitchIsRolledBackAsAnyAndSaysSo() {
    steps.failing("launchDest", 1, "port 443 is taken");
    String rehearsal = start(Map.of("platformFile", "pryv", "purpose", "rehearse"));
    incidentAt(rehearsal, "launchDest");
    rollBack(rehearsal, "not today");
    endOf(rehearsal);

    Report report = reports.of(rehearsal);
    assertThat(report.purpose()).isEqualTo("rehearse");
    assertThat(report.outcome()).isEqualTo("rolledBack");
    assertThat(report.markdown())
        .startsWith("# Rehearsal of pryv.example: rolledBack before it had come up to the switch");
  }

  @Test
  void aFailureOnTheWayBackFromARehearsalIsRetriedAndItIsARehearsalStill() {
    steps.failing("undoPreparation", 3, "dest does not answer");
    String rehearsal = start(Map.of("platformFile", "pryv", "purpose", "rehearse"));
    Incident failed = failedJob(rehearsal, "undoPreparation");
    assertThat(reports.of(rehearsal).outcome()).isEqualTo("running");
    retry(failed);
    endOf(rehearsal);

    assertThat(reports.of(rehearsal).outcome()).isEqualTo("rehearsed");
  }

  @Test
  void theGateTellsWhatTheLastRehearsalOfTheSameMachinesFound() {
    platform("elsewhere", "rehearsed.example", "198.51.100.77", "");
    platform("pryv", "rehearsed.example", "198.51.100.11", "");
    String another = start(Map.of("platformFile", "elsewhere", "purpose", "rehearse"));
    endOf(another);
    String first = start();
    taskAt(first, "gate");
    assertThat((String) variable(first, "gateEvidence"))
        .as("that one was from another source")
        .doesNotContain("last rehearsal");
    complete(first, "gate", Map.of("gateDecision", "rollBack"));
    endOf(first);

    steps.reset();
    steps.live();
    endOf(start(Map.of("platformFile", "pryv", "purpose", "rehearse")));
    String migration = start();
    taskAt(migration, "gate");
    assertThat((String) variable(migration, "gateEvidence"))
        .containsPattern("\\| last rehearsal \\| 60 ms, live, on \\d{4}-\\d\\d-\\d\\d ");
  }

  @Test
  void theGateMakesTheOutageToExpectOfWhatThisMigrationHasMeasured() {
    java.util.function.BiConsumer<StepContext, Integer> healthy = steps.now("preflight");
    steps.on(
        "preflight",
        healthy.andThen(
            (step, call) ->
                step.put("coldOutage", io.pryv.migration.platform.ColdOutage.assumed(10_000_000))));
    java.util.function.BiConsumer<StepContext, Integer> small = steps.now("bulkSync");
    steps.on("bulkSync", small.andThen((step, call) -> step.put("lastRoundMs", 4_000L)));
    String migration = start();
    taskAt(migration, "gate");

    assertThat((String) variable(migration, "gateEvidence"))
        .contains(
            "| expected outage (writes are refused) | 7.8 s |", "last sync as the last round 4.0 s")
        .contains("| why | chosen in the platform file |");
    go(migration);
    complete(migration, "nameServers", CHANGED);
    complete(migration, "confirmRetirement", RETIRE);
    endOf(migration);
    assertThat(reports.of(migration).markdown())
        .contains("| outage | expected 7.8 s, came 8.7 s |")
        .contains("| strategy | cold: chosen in the platform file |");
  }

  @ParameterizedTest
  @ValueSource(strings = {"wantedStrategy", "purpose"})
  void aChoiceThatIsNoneIsRefusedAtTheStartAndNothingBegins(String choice) {
    long before = engine.getHistoryService().createHistoricProcessInstanceQuery().count();

    assertThatThrownBy(() -> start(Map.of("platformFile", "pryv", choice, "Live")))
        .hasMessageContaining("start form, " + choice)
        .hasMessageContaining("expected: one of ")
        .hasMessageContaining("\"Live\"")
        .hasMessageContaining("nothing was touched");
    assertThat(engine.getHistoryService().createHistoricProcessInstanceQuery().count())
        .isEqualTo(before);
  }

  @Test
  void theGateShowsWhatTheDecisionNeeds() {
    String migration = start();
    taskAt(migration, "gate");

    assertThat((String) variable(migration, "gateEvidence"))
        .contains("pryv.example", "198.51.100.11", "203.0.113.12", "9.5 s", "5,000,000 bytes")
        .contains("| warnings of preflight | 2 |");
    assertThat((String) variable(migration, "preflightEvidence")).contains("clock skew");
    assertThat((String) variable(migration, "syncEvidence")).contains("round");
    assertThat(taskAt(migration, "gate").getAssignee()).as("no colleague is kept from it").isNull();
  }

  @Test
  void theRoundsOfALoopAreOneStepOfTheReport() {
    String migration = start();
    taskAt(migration, "gate");

    assertThat(logbook.steps(migration))
        .filteredOn(run -> run.step().equals("bulkSync"))
        .singleElement()
        .satisfies(run -> assertThat(run.rounds()).isEqualTo(3));
  }

  @Test
  void whatStopsPreflightIsShownAndCheckedAgainOnceItIsMended() {
    steps.on(
        "preflight",
        (step, call) -> {
          step.put("preflightStops", call == 1 ? 1 : 0);
          step.put("backUpWanted", false);
          step.put("strategy", "cold");
          step.evidence("preflight", "| dest | port 443 | **stop** |\n");
        });
    String migration = start();
    taskAt(migration, "mendPreflight");
    assertThat((String) variable(migration, "preflightEvidence")).contains("**stop**");
    complete(migration, "mendPreflight", Map.of("preflightDecision", "checkAgain"));

    taskAt(migration, "gate");
    assertThat(steps.played())
        .startsWith("preflight", "preflight", "recordBefore", "publishRedisPort");
    assertThat(steps.calls("backUp")).isZero();
  }

  @Test
  void whatStopsPreflightCanEndTheMigrationBeforeAnythingIsTouched() {
    steps.on("preflight", (step, call) -> step.put("preflightStops", 3));
    String migration = start();
    complete(migration, "mendPreflight", Map.of("preflightDecision", "abort"));

    assertThat(endOf(migration)).isEqualTo("aborted");
    assertThat(steps.played()).containsExactly("preflight");
    assertThat(reports.of(migration).outcome()).isEqualTo("aborted");
  }

  @Test
  void syncAgainBringsANewRoundAndAsksAgain() {
    String migration = start();
    complete(migration, "gate", Map.of("gateDecision", "syncAgain"));
    eventually(() -> steps.calls("bulkSync") == 4 ? true : null);
    go(migration);

    taskAt(migration, "nameServers");
    assertThat(steps.calls("launchDest")).isEqualTo(1);
  }

  @Test
  void aRollbackDecidedAtTheGatePutsEverythingBack() {
    String migration = start();
    taskAt(migration, "gate");
    int before = steps.played().size();
    complete(
        migration, "gate", Map.of("gateDecision", "rollBack", "rollbackReason", "not tonight"));

    assertThat(endOf(migration)).isEqualTo("rolledBack");
    assertThat(played(before)).containsExactlyElementsOf(BEFORE_CUT_OVER);
    assertThat(steps.calls("stopWrites")).isZero();
    Report report = reports.of(migration);
    assertThat(report.outcome()).isEqualTo("rolledBack");
    assertThat(report.decisions())
        .extracting(Logbook.Decision::task, Logbook.Decision::who, Logbook.Decision::what)
        .endsWith(
            org.assertj.core.groups.Tuple.tuple("gate", "admin", "rollBack"),
            org.assertj.core.groups.Tuple.tuple(
                "rollbackAsked", "admin", "roll back: not tonight"));
    assertThat(files.reports().resolve("pryv.example-" + migration + ".json"))
        .content()
        .contains("\"outcome\" : \"rolledBack\"");
  }

  @Test
  void aRollbackIsPossibleWhileAStepWaitsForARetry() {
    steps.failing("makeTunnelKey", 1, "no space left");
    String migration = start();
    incidentAt(migration, "makeTunnelKey");
    rollBack(migration, "the disk is full");

    assertThat(endOf(migration)).isEqualTo("rolledBack");
    assertThat(steps.calls("keepDestData")).isZero();
    assertThat(steps.played()).endsWith("undoPreparation", "proveAsBefore", "forgetNotes");
  }

  @Test
  void theRollbackWaitsForTheStepThatItOvertook() {
    List<String> order = new java.util.concurrent.CopyOnWriteArrayList<>();
    java.util.concurrent.CountDownLatch atWork = new java.util.concurrent.CountDownLatch(1);
    java.util.concurrent.CountDownLatch goOn = new java.util.concurrent.CountDownLatch(1);
    steps.on(
        "keepDestData",
        (step, call) -> {
          atWork.countDown();
          awaitLatch(goOn);
          order.add("keepDestData ended");
        });
    steps.on("endJobs", (step, call) -> order.add("endJobs"));
    String migration = start();
    awaitLatch(atWork);
    rollBack(migration, "");
    eventually(() -> jobs(migration).isEmpty() ? null : true);
    goOn.countDown();

    assertThat(endOf(migration)).isEqualTo("rolledBack");
    assertThat(order).containsExactly("keepDestData ended", "endJobs");
    assertThat(steps.calls("bulkSync")).isZero();
  }

  @Test
  void aRollbackInTheColdWindowPutsSourceBackOnceAndDoesNotReturnToTheGate() {
    java.util.concurrent.CountDownLatch atWork = new java.util.concurrent.CountDownLatch(1);
    java.util.concurrent.CountDownLatch goOn = new java.util.concurrent.CountDownLatch(1);
    String migration = start();
    taskAt(migration, "gate");
    steps.on(
        "lastSync",
        (step, call) -> {
          if (call == 3) {
            atWork.countDown();
            awaitLatch(goOn);
          }
          step.put("lastSyncDone", false);
        });
    go(migration);
    awaitLatch(atWork);
    rollBack(migration, "");
    goOn.countDown();

    assertThat(endOf(migration)).isEqualTo("rolledBack");
    assertThat(steps.calls("lastSync")).isEqualTo(3);
    assertThat(steps.calls("putSourceBack")).isEqualTo(1);
    assertThat(steps.calls("proveCopy")).isZero();
  }

  @Test
  void aRollbackBeforeAnythingWasChangedTouchesNoMachine() {
    steps.on("preflight", (step, call) -> step.put("preflightStops", 1));
    String migration = start();
    taskAt(migration, "mendPreflight");
    rollBack(migration, "");

    assertThat(endOf(migration)).isEqualTo("rolledBack");
    assertThat(steps.played()).containsExactly("preflight");
  }

  @Test
  void onceDestHasTakenWritesTheyAreCarriedBackToSource() {
    String migration = start();
    go(migration);
    taskAt(migration, "nameServers");
    writerIs("DEST", false);
    int before = steps.played().size();
    complete(migration, "nameServers", Map.of("nameServersDecision", "rollBack"));

    assertThat(endOf(migration)).isEqualTo("rolledBack");
    assertThat(played(before))
        .containsExactly(
            "endJobs",
            "settleSwitch",
            "findWriter",
            "standBehindDest",
            "fenceSource",
            "prepareReturn",
            "returnWriter",
            "returnProxy",
            "closeTunnel",
            "undoPreparation",
            "proveAsBefore",
            "forgetNotes");
    assertThat(steps.calls("putSourceBack")).isZero();
  }

  @Test
  void aSourceThatFollowsOrAReturnThatWasBegunGoesStraightToTheReturn() {
    String migration = start();
    go(migration);
    taskAt(migration, "nameServers");
    writerIs("DEST", true);
    int before = steps.played().size();
    rollBack(migration, "");

    assertThat(endOf(migration)).isEqualTo("rolledBack");
    assertThat(played(before))
        .startsWith(
            "endJobs",
            "settleSwitch",
            "findWriter",
            "prepareReturn",
            "returnWriter",
            "returnProxy");
  }

  @Test
  void onceTheNameServersMayLeadToDestItIsNotLetGoBeforeTheyLeadBackAndNobodyAsksIt() {
    steps.on("watchDelegationBack", (step, call) -> step.put("delegationBack", call >= 2));
    steps.on("watchQuietBack", (step, call) -> step.put("quietBack", call >= 2));
    String migration = start();
    go(migration);
    complete(migration, "nameServers", CHANGED);
    taskAt(migration, "confirmRetirement");
    writerIs("DEST", true, true);
    int before = steps.played().size();
    rollBack(migration, "");
    taskAt(migration, "nameServersBack");
    assertThat(steps.calls("closeTunnel")).as("dest goes on serving").isZero();
    complete(migration, "nameServersBack", Map.of());

    assertThat(endOf(migration)).isEqualTo("rolledBack");
    assertThat(played(before))
        .containsExactly(
            "endJobs",
            "settleSwitch",
            "findWriter",
            "prepareReturn",
            "returnWriter",
            "returnProxy",
            "followSourceBack",
            "listRecordsBack",
            "watchDelegationBack",
            "watchDelegationBack",
            "watchQuietBack",
            "watchQuietBack",
            "leaveSource",
            "closeTunnel",
            "undoPreparation",
            "proveAsBefore",
            "forgetNotes");
  }

  @Test
  void whoTypesThatNothingWasChangedWaitsForNobodyOnceEverybodyNamesSource() {
    steps.on("watchDelegationBack", (step, call) -> step.put("delegationBack", true));
    String migration = start();
    go(migration);
    taskAt(migration, "nameServers");
    writerIs("DEST", true, true);
    int before = steps.played().size();
    complete(migration, "nameServers", Map.of("nameServersDecision", "rollBack"));
    assertThatThrownBy(
            () ->
                complete(
                    migration, "nameServersBack", Map.of("nothingChangedTyped", "nothing much")))
        .hasMessageContaining("the words \"nothing was changed\"");
    complete(migration, "nameServersBack", Map.of("nothingChangedTyped", "nothing was changed"));

    assertThat(endOf(migration)).isEqualTo("rolledBack");
    assertThat(played(before))
        .contains("watchDelegationBack", "leaveSource")
        .doesNotContain("watchQuietBack");
    assertThat(reports.of(migration).markdown()).contains("nothing was changed");
  }

  @Test
  void whatNoWaitingChangesIsAcceptedByAnApproverWithAReasonThatStandsInTheReport() {
    steps.on(
        "watchDelegation",
        (step, call) -> {
          boolean accepted = step.find("acceptedDelegation", String.class).isPresent();
          step.put("delegationMoved", accepted);
          step.put("delegationStuck", !accepted);
          step.put("stuckDelegation", "resolver 192.0.2.9, NS: no answer");
          step.evidence("delegation", "resolver 192.0.2.9 does not answer");
        });
    String migration = start();
    go(migration);
    complete(migration, "nameServers", CHANGED);
    taskAt(migration, "acceptDelegation");
    complete(migration, "acceptDelegation", Map.of("delegationDecision", "lookAgain"));
    for (String reason : List.of("", "   short  ")) {
      assertThatThrownBy(
              () ->
                  complete(
                      migration,
                      "acceptDelegation",
                      Map.of("delegationDecision", "accept", "delegationReason", reason)))
          .hasMessageContaining("10 characters or more");
    }
    complete(
        migration,
        "acceptDelegation",
        Map.of(
            "delegationDecision", "accept", "delegationReason", "its owner has switched it off"));
    complete(migration, "confirmRetirement", Map.of("retirementDecision", "retire"));

    assertThat(endOf(migration)).isEqualTo("completed");
    assertThat(reports.of(migration).markdown())
        .contains(
            "accept, although resolver 192.0.2.9, NS: no answer. Reason: its owner has switched it"
                + " off");
  }

  @Test
  void aDestThatDoesNotFollowSourceIsAnIncidentOfItsOwnUntilItLeaves() {
    steps.on("watchDelegationBack", (step, call) -> step.put("delegationBack", true));
    steps.on("watchQuietBack", (step, call) -> step.put("quietBack", true));
    steps.failing("leaveSource", 3, "dest does not answer");
    String migration = start();
    go(migration);
    complete(migration, "nameServers", CHANGED);
    taskAt(migration, "confirmRetirement");
    writerIs("DEST", true, true);
    rollBack(migration, "");
    taskAt(migration, "nameServersBack");
    assertThat(variable(migration, "destFollows")).isEqualTo(true);
    Instant died = Instant.now();
    troubleOfReplication.set("dest's Redis is no replica (role master): it does not follow source");

    Incident incident =
        eventually(
            () ->
                replicationIncidents(migration, Following.DEST).stream().findFirst().orElse(null));
    assertThat(Duration.between(died, Instant.now())).isLessThan(Duration.ofSeconds(10));
    assertThat(incident.getIncidentMessage()).contains("it does not follow source");
    assertThat(replicationIncidents(migration)).as("source follows nobody any more").isEmpty();

    complete(migration, "nameServersBack", Map.of());
    Incident failed = failedJob(migration, "leaveSourceBack");
    eventually(() -> replicationIncidents(migration, Following.DEST).isEmpty() ? true : null);
    assertThat(variable(migration, "destFollows")).isEqualTo(false);
    retry(failed);
    assertThat(endOf(migration)).isEqualTo("rolledBack");
  }

  @Test
  void whyTroubleOfReplicationCanNotBeMendedIsToldInTheIncidentUntilItCan() {
    String migration = start();
    go(migration);
    taskAt(migration, "nameServers");
    refusalOfReplication.set("source lacks the user lonely");
    troubleOfReplication.set("no tunnel");
    eventually(
        () ->
            replicationIncidents(migration).stream()
                .filter(told -> told.getIncidentMessage().contains("source lacks the user lonely"))
                .findFirst()
                .orElse(null));
    assertThat(replicationIncidents(migration)).hasSize(1);

    refusalOfReplication.set("");
    troubleOfReplication.set("");
    eventually(() -> replicationIncidents(migration).isEmpty() ? true : null);
  }

  @Test
  void troubleOfReplicationThatIsLongerThanTheDatabaseTakesIsToldShortened() {
    String migration = start();
    go(migration);
    taskAt(migration, "nameServers");
    refusalOfReplication.set("ssh says: " + "no route to host, ".repeat(400));
    troubleOfReplication.set("no tunnel, " + "again and again, ".repeat(400));
    String told =
        eventually(
            () ->
                replicationIncidents(migration).stream()
                    .map(Incident::getIncidentMessage)
                    .filter(message -> message.contains("not mended yet"))
                    .findFirst()
                    .orElse(null));
    assertThat(told).startsWith("no tunnel").contains("ssh says").hasSizeLessThan(4000);
  }

  @Test
  void aFailedUndoingIsAnIncidentAndARetryRerunsJustThatStep() {
    String migration = start();
    taskAt(migration, "gate");
    steps.failing("undoPreparation", 3, "dest does not answer");
    rollBack(migration, "");
    Incident failed = failedJob(migration, "undoPreparation");
    assertThat(steps.calls("proveAsBefore")).isZero();
    retry(failed);

    assertThat(endOf(migration)).isEqualTo("rolledBack");
    assertThat(steps.calls("putSourceBack")).isEqualTo(1);
  }

  @Test
  void aRollbackIsPossibleInTheDaysInWhichNoTaskIsOpen() {
    steps.on(
        "watchDelegation",
        (step, call) -> {
          step.put("delegationMoved", false);
          step.put("delegationStuck", false);
        });
    String migration = start();
    go(migration);
    complete(migration, "nameServers", CHANGED);
    eventually(() -> steps.calls("watchDelegation") > 1 ? true : null);
    String asking =
        asAdmin(
            () ->
                engine
                    .getRuntimeService()
                    .startProcessInstanceByKey(
                        "roll-back", Map.of("migration", "pryv.example", "reason", "too slow"))
                    .getId());

    assertThat(endOf(migration)).isEqualTo("rolledBack");
    assertThat(visited(asking)).contains("askedFor");
    assertThat(logbook.decisions(migration))
        .last()
        .satisfies(
            decision -> {
              assertThat(decision.who()).isEqualTo("admin");
              assertThat(decision.what()).isEqualTo("roll back: too slow");
            });
  }

  @Test
  void nobodyWatchesReplicationWhileItIsTakenBack() {
    troubleOfReplication.set("source's Redis is no replica");
    steps.failing("returnWriter", 100, "the offset was not reached");
    String migration = start();
    go(migration);
    taskAt(migration, "nameServers");
    eventually(() -> replicationIncidents(migration).isEmpty() ? null : true);
    writerIs("DEST", true);
    rollBack(migration, "");

    eventually(() -> steps.calls("returnWriter") > 0 ? true : null);
    eventually(() -> replicationIncidents(migration).isEmpty() ? true : null);
  }

  @Test
  void aVariableSetInCockpitAsksForItAsWellAndNonsenseDoesNot() {
    String migration = start();
    taskAt(migration, "gate");
    setAsAdmin(migration, "rollbackRequested", "perhaps");
    assertThat(taskAt(migration, "gate")).isNotNull();
    assertThat(steps.calls("endJobs")).isZero();
    setAsAdmin(migration, "rollbackRequested", true);

    assertThat(endOf(migration)).isEqualTo("rolledBack");
  }

  @Test
  void whatCanNotBeRolledBackIsRefusedAndWorded() {
    assertThatThrownBy(() -> rollBack("absent", "")).hasMessageContaining("no migration absent");
    steps.failing("closeTunnel", 100, "sshd hangs");
    String migration = start();
    go(migration);
    complete(migration, "nameServers", CHANGED);
    complete(migration, "confirmRetirement", RETIRE);
    failedJob(migration, "closeTunnel");
    assertThatThrownBy(() -> rollBack(migration, ""))
        .hasMessageContaining("is retired")
        .hasMessageContaining("migrate from dest to source");
    assertThatThrownBy(
            () ->
                asAdmin(
                    () ->
                        engine
                            .getRuntimeService()
                            .startProcessInstanceByKey(
                                "roll-back", Map.of("migration", migration))))
        .hasMessageContaining("is retired");
    setAsAdmin(migration, "rollbackRequested", true);
    assertThat(steps.calls("endJobs")).as("not even by Cockpit").isZero();
  }

  @Test
  void aSecondRollbackAndOneOfAnEndedMigrationAreRefused() {
    String migration = start();
    taskAt(migration, "gate");
    steps.failing("undoPreparation", 3, "dest does not answer");
    rollBack(migration, "");
    Incident failed = failedJob(migration, "undoPreparation");
    assertThatThrownBy(() -> rollBack(migration, "")).hasMessageContaining("already");
    retry(failed);
    endOf(migration);
    assertThatThrownBy(() -> rollBack(migration, "")).hasMessageContaining("has ended");
  }

  @ParameterizedTest
  @ValueSource(strings = {"nameServers", "confirmRetirement"})
  void atEachTaskARollbackCanBeDecidedAndNothingElseHappens(String task) {
    String migration = start();
    go(migration);
    if (task.equals("confirmRetirement")) {
      complete(migration, "nameServers", CHANGED);
    }
    taskAt(migration, task);
    int before = steps.played().size();
    complete(
        migration,
        task,
        Map.of(
            task.equals("nameServers") ? "nameServersDecision" : "retirementDecision", "rollBack"));

    assertThat(endOf(migration)).isEqualTo("rolledBack");
    assertThat(played(before)).containsExactlyElementsOf(BEFORE_CUT_OVER);
  }

  @Test
  void theCutOverWaitsForTheTimeAskedFor() {
    Instant notBefore = Instant.now().plusSeconds(3);
    String migration = start();
    complete(migration, "gate", Map.of("gateDecision", "go", "notBefore", notBefore.toString()));
    eventually(() -> visited(migration).contains("notBefore") ? true : null);
    assertThat(steps.calls("prepareWindow")).isZero();

    taskAt(migration, "nameServers");
    assertThat(Instant.parse((String) variable(migration, "coldWindowStartedAt")))
        .isAfter(notBefore);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "later", "GO"})
  void aDecisionThatIsNoneIsRefusedAndTheGateStays(String decision) {
    String migration = start();
    taskAt(migration, "gate");

    assertThatThrownBy(() -> complete(migration, "gate", Map.of("gateDecision", decision)))
        .hasMessageContaining("gateDecision: expected one of [go, rollBack, syncAgain]");
    assertThat(taskAt(migration, "gate")).isNotNull();
  }

  @Test
  void aTimeThatIsNoneIsRefused() {
    String migration = start();
    taskAt(migration, "gate");

    assertThatThrownBy(
            () -> complete(migration, "gate", Map.of("gateDecision", "go", "notBefore", "tonight")))
        .hasMessageContaining("notBefore: expected a time such as");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "stopWrites",
        "lastSync",
        "proveCopy",
        "startDest",
        "proveDest",
        "proxySource",
        "reloadProxy"
      })
  void aStepThatFailsInTheColdWindowPutsSourceBackAndTheGateShowsWhy(String failing) {
    String migration = start();
    taskAt(migration, "gate");
    steps.failing(failing, 2, "the disk of dest is full");
    go(migration);
    eventually(() -> steps.calls("putSourceBack") == 1 ? true : null);
    taskAt(migration, "gate");

    assertThat((String) variable(migration, "gateEvidence"))
        .contains("The cold window was given up", "the disk of dest is full");
    assertThat(steps.calls(failing)).as("tried twice, at once").isEqualTo(2);
    assertThat(steps.calls("bulkSync")).as("straight back to the gate").isEqualTo(3);
    assertThat(steps.calls("proveProxy")).isZero();
    assertThat((String) variable(migration, "outageAlarm")).isNull();

    go(migration);
    taskAt(migration, "nameServers");
    assertThat((String) variable(migration, "windowFailure")).isEmpty();
  }

  @Test
  void onceDestMayHaveTakenAWriteAFailedColdWindowGoesForward() {
    String migration = start();
    taskAt(migration, "gate");
    steps.failing("proxySource", 2, "source has lost its power");
    steps.on("putSourceBack", (step, call) -> tooLate());
    int before = steps.played().size();
    go(migration);
    taskAt(migration, "nameServers");

    assertThat(played(before))
        .containsSubsequence(
            "proxySource", "putSourceBack", "reloadProxy", "proveProxy", "compareBeforeFollow");
    assertThat(steps.calls("putSourceBack")).isEqualTo(1);
  }

  @Test
  void aRollbackThatLearnsSoWaitsForThePersonWhoAskedForIt() {
    String migration = start();
    taskAt(migration, "gate");
    steps.on("putSourceBack", (step, call) -> tooLate());
    complete(migration, "gate", Map.of("gateDecision", "rollBack"));
    stopTrying(migration, "restoreSource");

    assertThat(failedJob(migration, "restoreSource").getIncidentMessage())
        .contains("clients may have written to dest", "See who takes writes");
    assertThat(steps.calls("reloadProxy")).isZero();
  }

  private static void tooLate() {
    throw new DestMayHaveTakenWrites("source", "pryv_reverse_proxy_1", "/nginx/site.conf");
  }

  @Test
  void aStepThatFailsOnceInTheColdWindowIsTriedAgainAtOnce() {
    String migration = start();
    taskAt(migration, "gate");
    steps.failing("proveCopy", 1, "connection reset");
    go(migration);

    taskAt(migration, "nameServers");
    assertThat(steps.calls("putSourceBack")).isZero();
  }

  @Test
  void passingTheLongestOutageBeforeDestIsElectedPutsSourceBack() {
    platform("pryv", "pryv.example", "198.51.100.11", ", longestOutage: 5s");
    String migration = start();
    taskAt(migration, "gate");
    steps.on("lastSync", (step, call) -> step.put("lastSyncDone", false));
    go(migration);
    eventually(() -> steps.calls("putSourceBack") == 1 ? true : null);
    taskAt(migration, "gate");

    assertThat((String) variable(migration, "gateEvidence")).contains("longest outage");
    assertThat(steps.calls("proveCopy")).isZero();
  }

  @Test
  void theTimerItselfEndsAColdWindowInWhichNoStepRuns() {
    platform("pryv", "pryv.example", "198.51.100.11", ", longestOutage: 5s");
    String migration = start();
    taskAt(migration, "gate");
    steps.on("stopWrites", (step, call) -> hold("lastSync", true));
    go(migration);
    eventually(() -> steps.calls("putSourceBack") == 1 ? true : null);
    hold("lastSync", false);
    taskAt(migration, "gate");

    assertThat(visited(migration)).contains("outageTooLong");
    assertThat((String) variable(migration, "windowFailure"))
        .contains("The longest outage allowed was reached");
  }

  @Test
  void aStepThatHangsDoesNotKeepTheDeadlineWaiting() {
    platform("pryv", "pryv.example", "198.51.100.11", ", longestOutage: 5s");
    String migration = start();
    taskAt(migration, "gate");
    CountDownLatch goOn = new CountDownLatch(1);
    steps.on(
        "lastSync",
        (step, call) -> {
          awaitLatch(goOn);
          step.put("lastSyncDone", true);
        });
    go(migration);
    eventually(() -> steps.calls("putSourceBack") == 1 ? true : null);
    assertThat(goOn.getCount()).as("it hangs still").isEqualTo(1);
    goOn.countDown();
    taskAt(migration, "gate");

    assertThat(visited(migration)).contains("outageTooLong");
    assertThat(steps.calls("proveCopy")).as("it has no say any more").isZero();
  }

  @Test
  void aStepThatHangsBehindTheElectionDoesNotKeepTheAlarmWaiting() {
    platform("pryv", "pryv.example", "198.51.100.11", ", longestOutage: 5s");
    String migration = start();
    taskAt(migration, "gate");
    CountDownLatch goOn = new CountDownLatch(1);
    steps.on("reloadProxy", (step, call) -> awaitLatch(goOn));
    steps.on("putSourceBack", (step, call) -> tooLate());
    go(migration);
    eventually(() -> incidentsOf(migration, RaiseAlarmDelegate.INCIDENT).size() == 1 ? true : null);
    assertThat(goOn.getCount()).as("it hangs still").isEqualTo(1);
    goOn.countDown();

    taskAt(migration, "nameServers");
  }

  @Test
  void passingTheLongestOutageAfterDestIsElectedOnlyRaisesTheAlarm() {
    platform("pryv", "pryv.example", "198.51.100.11", ", longestOutage: 5s");
    String migration = start();
    taskAt(migration, "gate");
    // In the window, where it is tried twice, nginx was told already; then it goes only forward.
    steps.failing("reloadProxy", 5, "port 443 is taken");
    steps.on("putSourceBack", (step, call) -> tooLate());
    go(migration);
    eventually(
        () ->
            engine
                        .getRuntimeService()
                        .createIncidentQuery()
                        .processInstanceId(migration)
                        .incidentType(RaiseAlarmDelegate.INCIDENT)
                        .count()
                    == 1
                ? true
                : null);
    assertThat((String) variable(migration, "outageAlarm")).contains("goes forward only");

    taskAt(migration, "nameServers");
    assertThat(steps.calls("reloadProxy")).as("tried again by itself").isEqualTo(6);
    assertThat(steps.calls("putSourceBack")).isEqualTo(1);
    assertThat(
            engine.getRuntimeService().createIncidentQuery().processInstanceId(migration).count())
        .isZero();
  }

  @Test
  void theLogbookNamesTheMachinesThatAStepReached() {
    steps.on(
        "fenceDest",
        (step, call) -> {
          step.hands().on(step.platform().source());
          step.hands().files(step.platform().dest());
          step.say("both were looked at");
        });
    String migration = start();
    taskAt(migration, "gate");

    assertThat(logbook.steps(migration))
        .filteredOn(run -> run.step().equals("fenceDest"))
        .singleElement()
        .satisfies(
            run -> {
              assertThat(run.machine()).isEqualTo("source, dest");
              assertThat(run.said()).isEqualTo("both were looked at");
            });
  }

  @Test
  void aFailedStepIsAnIncidentThatTellsWhatToDoAndARetryRerunsJustThatStep() {
    steps.failing("launchDest", 1, "dns answers nothing");
    String migration = start();
    Incident incident = incidentAt(migration, "launchDest");
    assertThat(incident.getIncidentMessage())
        .contains("dest: launchDest", "expected: all well", "found: dns answers nothing", "next:");
    retry(incident);

    taskAt(migration, "gate");
    assertThat(steps.calls("preflight")).isEqualTo(1);
    assertThat(steps.calls("launchDest")).isEqualTo(2);
    assertThat(logbook.steps(migration))
        .filteredOn(run -> run.step().equals("launchDest"))
        .extracting(Logbook.StepRun::outcome)
        .containsExactly("failed", "done");
  }

  @Test
  void aTunnelThatDiesIsAnIncidentUntilSourceFollowsAgain() {
    String migration = start();
    go(migration);
    taskAt(migration, "nameServers");
    Instant died = Instant.now();
    troubleOfReplication.set("the link to dest is down for 4 s");
    Incident incident =
        eventually(() -> replicationIncidents(migration).stream().findFirst().orElse(null));
    assertThat(Duration.between(died, Instant.now())).isLessThan(Duration.ofSeconds(10));
    assertThat(incident.getIncidentMessage()).contains("the link to dest is down");

    troubleOfReplication.set("");
    eventually(() -> replicationIncidents(migration).isEmpty() ? true : null);
    complete(migration, "nameServers", CHANGED);
    taskAt(migration, "confirmRetirement");
  }

  @Test
  void nobodyWatchesReplicationBeforeSourceFollowsOrOnceItRetires() {
    troubleOfReplication.set("no tunnel is open");
    steps.failing("retireSource", 1, "docker hangs");
    String migration = start();
    taskAt(migration, "gate");
    assertThat(variable(migration, "sourceFollows")).isNull();
    go(migration);
    complete(migration, "nameServers", CHANGED);
    eventually(() -> replicationIncidents(migration).isEmpty() ? null : true);
    complete(migration, "confirmRetirement", RETIRE);
    Incident failed = failedJob(migration, "retireSource");

    eventually(() -> replicationIncidents(migration).isEmpty() ? true : null);
    retry(failed);
    assertThat(endOf(migration)).isEqualTo("completed");
  }

  @Test
  void aSecondMigrationOfTheSameDomainIsRefusedAtItsStart() {
    String first = start();
    platform("other", "pryv.example", "198.51.100.99", "");

    assertThatThrownBy(() -> start("other"))
        .hasMessageContaining("no other migration of domain pryv.example")
        .hasMessageContaining(first)
        .hasMessageContaining("nothing was touched");
  }

  @Test
  void aSecondMigrationFromTheSameSourceIsRefusedAtItsStart() {
    start();
    platform("other", "other.example", "198.51.100.11", "");

    assertThatThrownBy(() -> start("other"))
        .hasMessageContaining("no other migration of machine 198.51.100.11");
  }

  @Test
  void aMigrationThatEndedGivesItsPlatformFree() {
    steps.on("preflight", (step, call) -> step.put("preflightStops", 1));
    String first = start();
    complete(first, "mendPreflight", Map.of("preflightDecision", "abort"));
    endOf(first);

    assertThat(start()).isNotEqualTo(first);
  }

  @Test
  void aWrongPlatformFileIsRefusedAtTheStartAndNothingBegins() {
    platform("wrong", "pryv example; rm -rf /", "198.51.100.11", "");
    long before = engine.getHistoryService().createHistoricProcessInstanceQuery().count();

    assertThatThrownBy(() -> start("wrong"))
        .hasMessageContaining("wrong.yaml")
        .hasMessageContaining("domain: expected")
        .hasMessageContaining("pryv example; rm -rf /");
    assertThat(engine.getHistoryService().createHistoricProcessInstanceQuery().count())
        .isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "absent", "../pryv", "/etc/passwd", "pryv\nx"})
  void aPlatformFileThatIsNotThereIsRefusedAtTheStart(String name) {
    assertThatThrownBy(() -> start(name)).hasMessageContaining("start again with one of: [");
  }

  @Test
  void evidenceOfAnyLengthFitsItsFormAndIsKeptWhole() {
    String row = "| a name of a check | pass | found what was expected |\n";
    steps.on(
        "preflight",
        (step, call) -> {
          step.put("preflightStops", 0);
          step.put("backUpWanted", false);
          step.put("strategy", "cold");
          step.evidence(
              "preflight", "| check | result | found |\n|---|---|---|\n" + row.repeat(500));
        });
    String migration = start();
    taskAt(migration, "gate");

    String shown = (String) variable(migration, "preflightEvidence");
    assertThat(shown.length()).isLessThan(4000);
    assertThat(shown).contains("/migrations/" + migration + "/evidence/preflight");
    assertThat(shown.lines().filter(line -> line.startsWith("| a name")))
        .allMatch(line -> line.endsWith("expected |"));
    assertThat(logbook.evidence(migration).get(0).markdown()).endsWith(row);
  }

  @Test
  void valuesOfAnyLengthAreFoundAgain() {
    List<String> names =
        java.util.stream.IntStream.range(0, 2000).mapToObj(i -> "user" + i).toList();
    java.util.concurrent.atomic.AtomicReference<Object> found =
        new java.util.concurrent.atomic.AtomicReference<>();
    steps.on(
        "launchDest",
        (step, call) -> {
          step.put("names", names);
          step.put("at", Instant.parse("2026-11-22T15:00:00.125Z"));
        });
    steps.on(
        "fenceDest",
        (step, call) -> {
          assertThat(step.get("names", String[].class)).containsExactlyElementsOf(names);
          assertThat(step.get("at", Instant.class)).isEqualTo("2026-11-22T15:00:00.125Z");
          assertThat(step.dest().layout()).isEqualTo(ScriptedSteps.LAYOUT);
          found.set(step.find("absent", String.class));
        });
    String migration = start();
    taskAt(migration, "gate");

    assertThat(found.get()).isEqualTo(java.util.Optional.empty());
  }

  @Test
  void betweenTheStepsOfTheColdWindowPassesNoTime() {
    String migration = start();
    taskAt(migration, "gate");
    steps.on("lastSync", (step, call) -> step.put("lastSyncDone", true));
    go(migration);
    taskAt(migration, "nameServers");

    List<Logbook.StepRun> window =
        logbook.steps(migration).stream()
            .filter(
                run ->
                    Set.of(
                            "stopWrites",
                            "lastSync",
                            "proveCopy",
                            "startDest",
                            "proveDest",
                            "proxySource",
                            "leadClients",
                            "reloadProxy",
                            "proveProxy")
                        .contains(run.step()))
            .toList();
    List<Duration> pauses =
        java.util.stream.IntStream.range(1, window.size())
            .mapToObj(
                i ->
                    Duration.between(
                        window.get(i - 1).started().plus(window.get(i - 1).duration()),
                        window.get(i).started()))
            .sorted()
            .toList();
    assertThat(pauses).hasSize(8);
    assertThat(pauses.get(3)).as("the median of %s", pauses).isLessThan(Duration.ofMillis(50));
  }

  @Test
  @Order(LAST)
  void everyNodeOfTheDiagramWasPassed() throws IOException {
    Set<String> passed =
        engine.getHistoryService().createHistoricActivityInstanceQuery().list().stream()
            .map(HistoricActivityInstance::getActivityId)
            .collect(Collectors.toCollection(TreeSet::new));
    Set<String> nodes = Diagram.nodes();
    Set<String> missed = new TreeSet<>(nodes);
    missed.removeAll(passed);
    String report =
        "%s: %d of %d nodes of the diagram passed%s%n"
            .formatted(
                getClass().getSimpleName(),
                nodes.size() - missed.size(),
                nodes.size(),
                missed.isEmpty() ? "" : "; missed: " + missed);
    Files.writeString(
        Files.createDirectories(Path.of("target", "diagram-coverage"))
            .resolve(getClass().getSimpleName() + ".txt"),
        report);
    System.out.print(report);

    assertThat(missed).isEmpty();
  }

  private void writerIs(String writer, boolean sourceReady) {
    writerIs(writer, sourceReady, false);
  }

  private void writerIs(String writer, boolean sourceReady, boolean namesMoved) {
    steps.on(
        "findWriter",
        (step, call) -> {
          step.put("writer", writer);
          step.put("sourceReady", sourceReady);
          step.put("namesMoved", namesMoved);
        });
  }

  /** The steps played after the first ones. */
  private List<String> played(int before) {
    return steps.played().subList(before, steps.played().size());
  }

  private List<Incident> replicationIncidents(String migration) {
    return replicationIncidents(migration, Following.SOURCE);
  }

  private List<Incident> replicationIncidents(String migration, Following following) {
    return incidentsOf(migration, following.incident());
  }

  private List<Incident> incidentsOf(String migration, String type) {
    return engine
        .getRuntimeService()
        .createIncidentQuery()
        .processInstanceId(migration)
        .incidentType(type)
        .list();
  }

  /** As if a step had failed as often as it is tried: its minutes are not waited for. */
  private void stopTrying(String migration, String activity) {
    Job job =
        eventually(
            () ->
                engine
                    .getManagementService()
                    .createJobQuery()
                    .processInstanceId(migration)
                    .activityId(activity)
                    .withException()
                    .singleResult());
    engine.getManagementService().setJobRetries(job.getId(), 0);
  }

  private Incident failedJob(String migration, String activity) {
    return eventually(
        () ->
            engine
                .getRuntimeService()
                .createIncidentQuery()
                .processInstanceId(migration)
                .incidentType("failedJob")
                .activityId(activity)
                .singleResult());
  }

  private void hold(String activity, boolean held) {
    String definition =
        engine
            .getManagementService()
            .createJobDefinitionQuery()
            .activityIdIn(activity)
            .singleResult()
            .getId();
    if (held) {
      engine.getManagementService().suspendJobDefinitionById(definition, true);
    } else {
      engine.getManagementService().activateJobDefinitionById(definition, true);
    }
  }

  private static void awaitLatch(CountDownLatch latch) {
    try {
      assertThat(latch.await(30, java.util.concurrent.TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
