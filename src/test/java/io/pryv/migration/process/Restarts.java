package io.pryv.migration.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.pryv.migration.engine.Incarnation;
import io.pryv.migration.machine.LeaseHolder;
import java.nio.file.Path;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.camunda.bpm.engine.ProcessEngine;
import org.camunda.bpm.engine.task.Task;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.CannotGetJdbcConnectionException;
import org.springframework.jdbc.core.JdbcTemplate;

/** The program is stopped, or dies, and starts again on the same database, of each kind. */
@Tag("engine")
abstract class Restarts {

  @TempDir Path data;

  @Test
  void aStepThatAKilledProgramLeftLockedIsRunAgainAtOnceByTheNext() throws Exception {
    CountDownLatch atWork = new CountDownLatch(1);
    String migration;
    try (ConfigurableApplicationContext first = start()) {
      ScriptedSteps steps = first.getBean(ScriptedSteps.class);
      steps.on(
          "fenceDest",
          (step, call) -> {
            atWork.countDown();
            awaitInterrupt();
          });
      migration = begin(first);
      assertThat(atWork.await(20, java.util.concurrent.TimeUnit.SECONDS)).isTrue();
    }
    try (ConfigurableApplicationContext between =
        new SpringApplicationBuilder(
                org.springframework.boot.autoconfigure.jdbc.DataSourceAutoConfiguration.class,
                org.springframework.boot.autoconfigure.jdbc.JdbcTemplateAutoConfiguration.class)
            .web(org.springframework.boot.WebApplicationType.NONE)
            .run(arguments())) {
      // What kill -9 leaves: the lock of the program that is gone, good for minutes. The first
      // program's interrupted thread may be the last to let go of the embedded database.
      await()
          .atMost(Duration.ofSeconds(20))
          .ignoreExceptionsInstanceOf(CannotGetJdbcConnectionException.class)
          .until(
              () ->
                  between
                          .getBean(JdbcTemplate.class)
                          .update(
                              "update ACT_RU_JOB set LOCK_OWNER_ = 'register-migration', LOCK_EXP_TIME_ ="
                                  + " ?",
                              Timestamp.from(Instant.now().plus(Duration.ofMinutes(5))))
                      > 0);
    }
    Instant restarted = Instant.now();
    try (ConfigurableApplicationContext second = start()) {
      ProcessEngine engine = second.getBean(ProcessEngine.class);
      Task gate =
          EngineTest.eventually(
              () ->
                  engine
                      .getTaskService()
                      .createTaskQuery()
                      .processInstanceId(migration)
                      .taskDefinitionKey("gate")
                      .singleResult());
      assertThat(gate).isNotNull();
      assertThat(Duration.between(restarted, Instant.now())).isLessThan(Duration.ofMinutes(2));
      assertThat(second.getBean(ScriptedSteps.class).played())
          .startsWith("fenceDest")
          .doesNotContain("launchDest", "preflight");
      assertThat(
              engine
                  .getRepositoryService()
                  .createProcessDefinitionQuery()
                  .processDefinitionKey("register-migration")
                  .list())
          .as("a second start makes no second version")
          .singleElement()
          .satisfies(definition -> assertThat(definition.getVersion()).isEqualTo(1));
    }
  }

  @Test
  void aProgramThatStartsAgainIsTheSameApplicationAndStrongerThanBefore() {
    LeaseHolder before;
    try (ConfigurableApplicationContext first = start()) {
      before = first.getBean(Leases.class).holder("m1", "pryv.example", 7);
    }
    try (ConfigurableApplicationContext second = start()) {
      LeaseHolder after = second.getBean(Leases.class).holder("m1", "pryv.example", 7);
      assertThat(after.sameMigrationAs(before)).isTrue();
      assertThat(after.incarnation()).isGreaterThan(before.incarnation());
      assertThat(second.getBean(Incarnation.class).newest()).isTrue();
    }
  }

  @Test
  void theProgramStopsWithinTenSecondsWhateverAStepDoes() throws Exception {
    CountDownLatch atWork = new CountDownLatch(1);
    ConfigurableApplicationContext application = start();
    application
        .getBean(ScriptedSteps.class)
        .on(
            "preflight",
            (step, call) -> {
              atWork.countDown();
              awaitInterrupt();
            });
    begin(application);
    assertThat(atWork.await(20, java.util.concurrent.TimeUnit.SECONDS)).isTrue();
    Instant asked = Instant.now();
    application.close();

    assertThat(Duration.between(asked, Instant.now())).isLessThan(Duration.ofSeconds(10));
  }

  @Test
  void withoutAPasswordForTheAdminThereIsNoStart() {
    assertThatThrownBy(
            () ->
                new SpringApplicationBuilder(EngineTest.Application.class)
                    .run(
                        "--server.port=0",
                        "--migration.data=" + data,
                        "--migration.platforms=" + data))
        .hasRootCauseInstanceOf(AdminProperties.MissingAdmin.class)
        .rootCause()
        .hasMessageContaining("MIGRATION_ADMIN_PASSWORD");
  }

  private ConfigurableApplicationContext start() {
    return new SpringApplicationBuilder(EngineTest.Application.class).run(arguments());
  }

  /** What tells the program its database. */
  abstract List<String> database();

  private String[] arguments() {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--server.port=0",
                "--migration.data=" + data,
                "--migration.platforms=" + EngineTest.DIRECTORY,
                "--migration.admin.password=" + EngineTest.PASSWORD));
    arguments.addAll(database());
    return arguments.toArray(String[]::new);
  }

  private static String begin(ConfigurableApplicationContext application) {
    EngineTest.platform("pryv", "pryv.example", "198.51.100.11", "");
    ProcessEngine engine = application.getBean(ProcessEngine.class);
    engine.getIdentityService().setAuthentication("admin", List.of("camunda-admin"));
    try {
      return engine
          .getRuntimeService()
          .startProcessInstanceByKey("register-migration", Map.of("platformFile", "pryv"))
          .getId();
    } finally {
      engine.getIdentityService().clearAuthentication();
    }
  }

  /** A step that hangs on a machine until this program stops. */
  private static void awaitInterrupt() {
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted: this program stops", e);
    }
  }
}
