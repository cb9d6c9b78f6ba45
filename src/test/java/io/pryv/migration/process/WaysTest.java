package io.pryv.migration.process;

import static org.assertj.core.api.Assertions.assertThat;

import org.camunda.bpm.model.bpmn.Bpmn;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which decisions the steps of our diagram stand behind. */
class WaysTest {

  private final Ways ways =
      new Ways(
          Bpmn.readModelFromStream(
              WaysTest.class.getResourceAsStream("/bpmn/register-migration.bpmn")));

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "preflight        | ''",
        "recordBefore     | ''",
        "bulkSync         | ''",
        "followSource     | ''",
        "prepareGate      | ''",
        "writeAbortReport | mendPreflight",
        "aborted          | mendPreflight",
        "prepareWindow    | gate",
        "prepared         | gate",
        "stopWrites       | gate",
        "leadClients      | gate",
        "putSourceBack    | gate",
        "reloadProxy      | gate",
        "switchOver       | gate",
        "followDest       | gate",
        "watchDelegation  | gate nameServers",
        "watchQuiet       | gate nameServers",
        "retireSource     | gate nameServers confirmRetirement",
        "writeReport      | gate nameServers confirmRetirement",
        "completed        | gate nameServers confirmRetirement",
        "endJobs          | ''",
        "putSourceBack    | gate",
        "restoreSource    | ''",
        "watchQuietBack   | nameServersBack",
        "leaveSourceBack  | nameServersBack",
        "undoPreparation  | ''",
        "raiseAlarm       | ''"
      })
  void aStepStandsBehindTheDecisionsThatEveryWayToItPasses(String step, String tasks) {
    assertThat(String.join(" ", ways.askedBefore(step))).isEqualTo(tasks);
  }

  @Test
  void aRollbackHasAStartOfItsOwnAndAnAlarmBesideTheStepsHasNone() {
    assertThat(ways.rootOf("stopWrites")).contains("start");
    assertThat(ways.interrupts("start")).isFalse();
    assertThat(ways.rootOf("findWriter")).contains("rollbackAsked");
    assertThat(ways.interrupts("rollbackAsked")).isTrue();
    assertThat(ways.rootOf("raiseAlarm")).isEmpty();
  }

  @Test
  void aWayMayBeSoughtThatPassesNoTask() {
    assertThat(ways.leads("prepareWindow", "followDest", "gate")).isTrue();
    assertThat(ways.leads("lastSync", "putSourceBack", "gate")).isTrue();
    assertThat(ways.leads("putSourceBack", "reloadProxy", "gate")).isTrue();
    assertThat(ways.leads("putSourceBack", "stopWrites", "gate")).isFalse();
    assertThat(ways.leads("prepareGate", "stopWrites", "gate")).isFalse();
    assertThat(ways.leads("followDest", "stopWrites", "gate")).isFalse();
  }
}
