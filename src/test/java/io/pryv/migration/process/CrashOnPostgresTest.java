package io.pryv.migration.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pryv.migration.machine.Command;
import io.pryv.migration.platform.Machine;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CrashOnPostgresTest extends Crashes {

  private static final Duration OUTAGE = Duration.ofSeconds(30);

  private final Postgres server = new Postgres();

  @TempDir Path otherData;

  @Override
  List<String> database() {
    return server.arguments();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void whenTheDatabaseWasGoneForHalfAMinuteItGoesOnWithoutAnybodysDoing() {
    holdRsync(true);
    program.begin().awaitReady();
    edges.holdEndOf(doing(KEEP_DEST_DATA));
    String migration = program.startMigration("pryv");
    eventually(() -> edges.holds(Machine.Role.DEST));
    // The command ends on its machine while nothing can be noted, and must not be given again.
    server.halt();
    int before = edges.arrivals().size();
    edges.tellEnds();
    await().pollDelay(OUTAGE).atMost(OUTAGE.multipliedBy(2)).until(() -> true);
    assertThat(
            edges.arrivals().stream()
                .skip(before)
                .map(EdgeServer.Arrival::command)
                .filter(Command::changes))
        .as("changes that could not be recorded")
        .isEmpty();
    server.boot();

    holdRsync(false);
    eventually(() -> standsAt(migration, "gate"));
    assertThat(incidents(migration)).isEmpty();
    assertThat(commands(doing(KEEP_DEST_DATA))).hasSize(1);
    assertThat(rsyncStarts()).isEqualTo(1);
    assertThat(program.get("/engine-rest/job?noRetriesLeft=true&processInstanceId=" + migration))
        .isEmpty();
  }

  @Test
  void ofTwoProgramsThatFirstStartInTheSameInstantOnAnEmptyDatabaseOneWorksAndOneEnds() {
    try (RealProgram other = new RealProgram(otherData, edges.url(), database())) {
      program.begin();
      other.begin();
      RealProgram newest =
          eventually(
              () ->
                  Stream.of(program, other).filter(RealProgram::hasEnded).count() == 1
                      ? Stream.of(program, other).filter(one -> !one.hasEnded()).findFirst().get()
                      : null);
      newest.awaitReady();
      assertThat(newest.get("/engine-rest/process-definition?key=register-migration").size())
          .as("versions of the process")
          .isEqualTo(1);
      assertThat(server.count("select count(*) from MIGRATION_APPLICATION")).isEqualTo(1);
      assertThat(server.count("select INCARNATION from MIGRATION_APPLICATION")).isEqualTo(2);
    }
  }

  @Test
  void aSecondProgramGoesOnWithWhatTheFirstHasAtWorkAndTheFirstEnds() {
    program.begin().awaitReady();
    edges.holdEndOf(doing(KEEP_DEST_DATA));
    String migration = program.startMigration("pryv");
    eventually(() -> edges.holds(Machine.Role.DEST));
    RealProgram first = program;
    program = new RealProgram(otherData, edges.url(), database());
    try (first) {
      program.begin().awaitReady();
      // The first hears of its command's end, if it is still there, and of what it may not do.
      edges.tellEnds();
      eventually(first::hasEnded);
      assertThat(first.said()).contains("another program", "has been started on this database");
      eventually(() -> standsAt(migration, "gate"));
      assertThat(incidents(migration)).isEmpty();
      assertThat(commands(doing(KEEP_DEST_DATA))).hasSize(1);
    }
  }
}
