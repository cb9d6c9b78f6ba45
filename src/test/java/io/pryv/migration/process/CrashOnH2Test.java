package io.pryv.migration.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pryv.migration.platform.Machine;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class CrashOnH2Test extends Crashes {

  /** The one that the program brings along, in its data directory. */
  @Override
  List<String> database() {
    return List.of();
  }

  @Test
  void onSigtermTheCommandUnderWayEndsInGoodOrderAndIsNotGivenAgain() {
    program.begin().awaitReady();
    edges.holdEndOf(doing(KEEP_DEST_DATA));
    String migration = program.startMigration("pryv");
    eventually(() -> edges.holds(Machine.Role.DEST));
    Thread soon = new Thread(() -> endsTwoSecondsLater());
    soon.start();

    assertThat(program.terminate()).isLessThan(Duration.ofSeconds(10));
    program.begin().awaitReady();
    eventually(() -> standsAt(migration, "gate"));
    assertThat(incidents(migration)).isEmpty();
    assertThat(commands(doing(KEEP_DEST_DATA))).as("told to dest").hasSize(1);
    assertThat(journal(migration, KEEP_DEST_DATA))
        .singleElement()
        .satisfies(entry -> assertThat(entry.get("exitCode").asInt()).isZero());
  }

  @Test
  void aCommandThatTakesLongerThanSigtermMayIsFoundAgainAndNotDoneTwice() {
    program.begin().awaitReady();
    edges.holdEndOf(doing(KEEP_DEST_DATA));
    String migration = program.startMigration("pryv");
    eventually(() -> edges.holds(Machine.Role.DEST));

    assertThat(program.terminate()).isLessThan(Duration.ofSeconds(10));
    int before = edges.arrivals().size();
    program.begin().awaitReady();
    eventually(() -> edges.arrivals().size() > before);
    edges.tellEnds();
    eventually(() -> standsAt(migration, "gate"));
    assertThat(incidents(migration)).isEmpty();
    assertThat(commands(doing(KEEP_DEST_DATA))).as("told to dest").hasSize(1);
    assertThat(runsOf(migration, "keepDestData"))
        .last()
        .satisfies(run -> assertThat(run.get("said").asText()).startsWith("already done"));
  }

  private void endsTwoSecondsLater() {
    await().pollDelay(Duration.ofSeconds(2)).until(() -> true);
    edges.tellEnds();
  }
}
