package io.pryv.migration.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.camunda.bpm.engine.runtime.Incident;
import org.junit.jupiter.api.Test;

/** Looks that take longer than they are waited for, each of them. */
class ReplicationWatchTest extends EngineTest {

  /** A register and a DNS that wait for their Redis, say: both hang at each look. */
  private static final Duration LONG = Duration.ofSeconds(7);

  @Test
  void looksThatAreAlwaysLateAreOneAlarm() {
    String migration = start();
    go(migration);
    taskAt(migration, "nameServers");
    lookAtReplicationTakes.set(LONG);
    int before = looksAtReplication.get();
    eventually(() -> looksAtReplication.get() >= before + 4 ? true : null);
    assertThat(
            engine
                .getHistoryService()
                .createHistoricIncidentQuery()
                .processInstanceId(migration)
                .incidentType(Following.SOURCE.incident())
                .list())
        .singleElement()
        .satisfies(alarm -> assertThat(alarm.getEndTime()).isNull());
  }

  @Test
  void whatEachLookFindsTooLateIsMendedAllTheSame() {
    String migration = start();
    go(migration);
    taskAt(migration, "nameServers");
    lookAtReplicationTakes.set(LONG);
    refusalOfReplication.set("no tunnel can be opened");
    troubleOfReplication.set("no tunnel");
    eventually(
        () ->
            engine
                .getRuntimeService()
                .createIncidentQuery()
                .processInstanceId(migration)
                .incidentType(Following.SOURCE.incident())
                .list()
                .stream()
                .map(Incident::getIncidentMessage)
                .filter(told -> told.contains("no tunnel can be opened"))
                .findFirst()
                .orElse(null));
  }
}
