package io.pryv.migration.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.pryv.migration.engine.NewerStart;
import io.pryv.migration.platform.StepFailure;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * A second program starts on the database of a first one that has a step at work: it has taken over
 * and has not yet begun the step anew when the first one is through with it.
 */
@Tag("engine")
class TwoProgramsTest {

  private static final Map<String, Object> GO = Map.of("gateDecision", "go");

  private final Postgres server = new Postgres();
  @TempDir Path data;

  @AfterEach
  void stop() {
    server.close();
  }

  /** What comes of the first program's step then. */
  enum ComesOf {
    DONE,
    FAILED
  }

  @ParameterizedTest
  @EnumSource
  void beforeTheWindowTheSecondRunsTheStepAgainAndNothingFails(ComesOf comes) {
    whileTheFirstIsAt("fenceDest", comes);
  }

  @ParameterizedTest
  @EnumSource
  void inTheColdWindowNothingIsPutBackForWhatTheFirstMeetsThen(ComesOf comes) {
    whileTheFirstIsAt("lastSync", comes);
  }

  private void whileTheFirstIsAt(String step, ComesOf comes) {
    try (StartedProgram first = start()) {
      first
          .bean(ScriptedSteps.class)
          .on(
              step,
              (context, call) -> {
                NewerStart.on(
                    first.bean(JdbcTemplate.class), first.bean(PlatformTransactionManager.class));
                if (comes == ComesOf.FAILED) {
                  throw new StepFailure(
                      "source", "the lease", "ours", "another program's", "see who holds it");
                }
              });
      EngineTest.platform("pryv", "pryv.example", "198.51.100.11", "");
      String migration = first.begin("pryv");
      if (!step.equals("fenceDest")) {
        first.complete(migration, "gate", GO);
      }
      EngineTest.eventually(() -> first.hasEnded() ? true : null);
      try (StartedProgram newest = start()) {
        if (step.equals("fenceDest")) {
          newest.complete(migration, "gate", GO);
        }
        newest.taskAt(migration, "nameServers");
        assertWell(newest, migration, step, comes);
      }
    }
  }

  private static void assertWell(
      StartedProgram newest, String migration, String step, ComesOf comes) {
    assertThat(newest.bean(ScriptedSteps.class).played()).startsWith(step);
    assertThat(
            newest
                .engine()
                .getHistoryService()
                .createHistoricIncidentQuery()
                .processInstanceId(migration)
                .list())
        .isEmpty();
    assertThat(newest.visited(migration)).doesNotContain("putSourceBack");
    assertThat(newest.bean(Logbook.class).steps(migration))
        .filteredOn(run -> run.step().equals(step))
        .as("what the record says of it")
        .anySatisfy(
            run -> assertThat(run.said()).contains(comes == ComesOf.DONE ? "taken over" : "lease"))
        .anySatisfy(run -> assertThat(run.outcome()).isEqualTo("done"));
  }

  private StartedProgram start() {
    List<String> arguments = new ArrayList<>(server.arguments());
    arguments.add("--migration.data=" + data);
    return StartedProgram.with(arguments);
  }
}
