package io.pryv.migration.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.pryv.migration.engine.NewerStart;
import io.pryv.migration.platform.StepFailure;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.camunda.bpm.engine.ProcessEngine;
import org.camunda.bpm.engine.history.HistoricActivityInstance;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * A second program starts on the database of a first one that has a step at work: it has taken over
 * and has not yet begun the step anew when the first one is through with it.
 */
@Tag("engine")
class TwoProgramsTest {

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
    ConfigurableApplicationContext first = start();
    ConfigurableApplicationContext second = null;
    try {
      first
          .getBean(ScriptedSteps.class)
          .on(
              step,
              (context, call) -> {
                NewerStart.on(
                    first.getBean(JdbcTemplate.class),
                    first.getBean(PlatformTransactionManager.class));
                if (comes == ComesOf.FAILED) {
                  throw new StepFailure(
                      "source", "the lease", "ours", "another program's", "see who holds it");
                }
              });
      EngineTest.platform("pryv", "pryv.example", "198.51.100.11", "");
      String migration =
          as(
              first,
              () ->
                  engine(first)
                      .getRuntimeService()
                      .startProcessInstanceByKey(
                          "register-migration", Map.of("platformFile", "pryv"))
                      .getId());
      if (!step.equals("fenceDest")) {
        complete(first, migration, "gate", "gateDecision", "go");
      }
      EngineTest.eventually(() -> first.isActive() ? null : true);
      ConfigurableApplicationContext newest = start();
      second = newest;
      if (step.equals("fenceDest")) {
        complete(newest, migration, "gate", "gateDecision", "go");
      }
      task(newest, migration, "nameServers");
      assertThat(newest.getBean(ScriptedSteps.class).played()).startsWith(step);
      assertThat(
              engine(newest)
                  .getHistoryService()
                  .createHistoricIncidentQuery()
                  .processInstanceId(migration)
                  .list())
          .isEmpty();
      assertThat(visited(newest, migration)).doesNotContain("putSourceBack");
      assertThat(newest.getBean(Logbook.class).steps(migration))
          .filteredOn(run -> run.step().equals(step))
          .as("what the record says of it")
          .anySatisfy(
              run ->
                  assertThat(run.said()).contains(comes == ComesOf.DONE ? "taken over" : "lease"))
          .anySatisfy(run -> assertThat(run.outcome()).isEqualTo("done"));
    } finally {
      first.close();
      if (second != null) {
        second.close();
      }
    }
  }

  private static Stream<String> visited(ConfigurableApplicationContext program, String migration) {
    return engine(program)
        .getHistoryService()
        .createHistoricActivityInstanceQuery()
        .processInstanceId(migration)
        .list()
        .stream()
        .map(HistoricActivityInstance::getActivityId);
  }

  private static void complete(
      ConfigurableApplicationContext program,
      String migration,
      String task,
      String variable,
      String decision) {
    String id = task(program, migration, task);
    as(
        program,
        () -> {
          engine(program).getFormService().submitTaskForm(id, Map.of(variable, decision));
          return null;
        });
  }

  private static String task(
      ConfigurableApplicationContext program, String migration, String task) {
    return EngineTest.eventually(
        () ->
            engine(program)
                .getTaskService()
                .createTaskQuery()
                .processInstanceId(migration)
                .taskDefinitionKey(task)
                .singleResult()
                .getId());
  }

  private static <T> T as(ConfigurableApplicationContext program, Supplier<T> deed) {
    engine(program).getIdentityService().setAuthentication("admin", List.of("camunda-admin"));
    try {
      return deed.get();
    } finally {
      engine(program).getIdentityService().clearAuthentication();
    }
  }

  private static ProcessEngine engine(ConfigurableApplicationContext program) {
    return program.getBean(ProcessEngine.class);
  }

  private ConfigurableApplicationContext start() {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--server.port=0",
                "--migration.data=" + data,
                "--migration.platforms=" + EngineTest.DIRECTORY,
                "--migration.admin.password=" + EngineTest.PASSWORD));
    arguments.addAll(server.arguments());
    return new SpringApplicationBuilder(EngineTest.Application.class)
        .run(arguments.toArray(String[]::new));
  }
}
