package io.pryv.migration.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.time.Duration;
import java.util.Map;
import org.camunda.bpm.engine.runtime.Incident;
import org.camunda.bpm.engine.task.Task;
import org.junit.jupiter.api.Test;

/** An operator edits the platform file, or variables in Cockpit, while the migration runs. */
class EditedInputTest extends EngineTest {

  private String atTheGate() {
    String migration = start();
    taskAt(migration, "gate");
    return migration;
  }

  private void set(String migration, String name, Object value) {
    engine.getRuntimeService().setVariable(migration, name, value);
  }

  private String text(String migration, String name) {
    return Values.text(variable(migration, name));
  }

  /** An incident, the words it is told with, and the retry once the variable is put right. */
  private void assertNoticed(String migration, String activity, String name, String... words) {
    Incident incident = incidentAt(migration, activity);
    assertThat(incident.getIncidentMessage()).contains("variable " + name).contains(words);
  }

  @Test
  void aDataDirectoryThatSomebodyHasEditedIsNeverSyncedInto() {
    String migration = atTheGate();
    String own = text(migration, "destLayout");
    int syncs = steps.calls("bulkSync");
    set(migration, "destLayout", own.replace("/var/pryv/reg-master/redis/data", "/"));
    complete(migration, "gate", Map.of("gateDecision", "syncAgain"));

    assertNoticed(
        migration,
        "bulkSync",
        "destLayout",
        "dataDirectory: /var/pryv/reg-master/redis/data → /",
        "put it back in Cockpit");
    assertThat(steps.calls("bulkSync")).isEqualTo(syncs);

    set(migration, "destLayout", own);
    retry(incidentAt(migration, "bulkSync"));
    taskAt(migration, "gate");
  }

  @Test
  void aPlatformThatNamesAnotherMachineOrNoneIsNoticedAndItsOptionsMayBeChanged() {
    String migration = atTheGate();
    String own = text(migration, "platform");
    set(migration, "platform", own.replace("203.0.113.12", "203.0.113.99"));
    complete(migration, "gate", Map.of("gateDecision", "syncAgain"));
    assertNoticed(migration, "bulkSync", "platform", "dest.host: 203.0.113.12 → 203.0.113.99");

    set(migration, "platform", "{nonsense");
    retry(incidentAt(migration, "bulkSync"));
    eventually(
        () ->
            incidentAt(migration, "bulkSync").getIncidentMessage().contains("{nonsense")
                ? true
                : null);

    set(migration, "platform", own.replace("PT10M", "PT20M"));
    retry(incidentAt(migration, "bulkSync"));
    taskAt(migration, "gate");
  }

  @Test
  void aDeadlineOfNonsenseEndsTheWindowInsteadOfLettingClientsWait() {
    String migration = atTheGate();
    steps.on("stopWrites", (step, call) -> step.put("outageDeadline", "tomorrow or so"));
    go(migration);
    Task gate =
        eventually(
            () -> {
              Task task = taskAt(migration, "gate");
              return steps.calls("putSourceBack") == 1 ? task : null;
            });

    assertThat(gate).isNotNull();
    assertThat((String) variable(migration, "windowFailure"))
        .contains("variable outageDeadline", "Instant", "tomorrow or so");
    assertThat(steps.calls("startDest")).isZero();
  }

  @Test
  void aCountOfNonsenseIsToldAsAnErrorOfTheVariable() {
    String migration = atTheGate();
    steps.on("bulkSync", (step, call) -> step.find("bulkSyncRound", Integer.class));
    set(migration, "bulkSyncRound", "many");
    complete(migration, "gate", Map.of("gateDecision", "syncAgain"));
    assertNoticed(migration, "bulkSync", "bulkSyncRound", "Integer", "many");
  }

  @Test
  void aWatchThatIsSetToNonsenseIsToldUntilItIsPutRight() {
    String migration = atTheGate();
    go(migration);
    taskAt(migration, "nameServers");
    set(migration, "sourceFollows", "perhaps");
    Incident incident =
        eventually(
            () ->
                engine
                    .getRuntimeService()
                    .createIncidentQuery()
                    .processInstanceId(migration)
                    .incidentType(Following.SOURCE.incident())
                    .singleResult());
    assertThat(incident.getIncidentMessage())
        .contains("variable sourceFollows: expected true or false, found perhaps");
    set(migration, "sourceFollows", true);
    eventually(
        () ->
            engine.getRuntimeService().createIncidentQuery().processInstanceId(migration).count()
                    == 0
                ? true
                : null);
  }

  @Test
  void howLongTroubleLastedStandsInTheLogbook() {
    String migration = atTheGate();
    go(migration);
    taskAt(migration, "nameServers");
    troubleOfReplication.set("the link to dest is down for 4 s");
    eventually(
        () ->
            engine
                .getRuntimeService()
                .createIncidentQuery()
                .processInstanceId(migration)
                .incidentType(Following.SOURCE.incident())
                .singleResult());
    troubleOfReplication.set("");
    eventually(
        () ->
            logbook.steps(migration).stream()
                .filter(run -> run.step().equals("replicationWatch"))
                .filter(run -> run.said().contains("the link to dest is down for 4 s"))
                .findFirst()
                .orElse(null));
  }

  @Test
  void anEditedPlatformFileChangesNothingAndTheGateShowsWhatDiffers() throws Exception {
    steps.on(
        "publishRedisPort",
        (step, call) -> platform("pryv", "pryv.example", "198.51.100.77", ", preSyncRounds: 9"));
    String migration = atTheGate();

    assertThat(text(migration, "platform")).contains("198.51.100.11");
    assertThat(gate(migration))
        .contains("The platform file was edited since this migration began")
        .contains("source.host: 198.51.100.11 → 198.51.100.77")
        .contains("options.preSyncRounds: ");

    Files.delete(DIRECTORY.resolve("pryv.yaml"));
    complete(migration, "gate", Map.of("gateDecision", "syncAgain"));
    eventually(() -> gate(migration).contains("the whole file: ") ? true : null);

    platform("pryv", "pryv.example", "198.51.100.11", "");
    complete(migration, "gate", Map.of("gateDecision", "syncAgain"));
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> assertThat(gate(migration)).doesNotContain("was edited since"));
  }

  private String gate(String migration) {
    return logbook.evidence(migration).stream()
        .filter(each -> each.name().equals("gate"))
        .findFirst()
        .orElseThrow()
        .markdown();
  }
}
