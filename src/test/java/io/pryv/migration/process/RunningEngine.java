package io.pryv.migration.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.awaitility.core.ConditionTimeoutException;
import org.camunda.bpm.engine.OptimisticLockingException;
import org.camunda.bpm.engine.ProcessEngine;
import org.camunda.bpm.engine.history.HistoricActivityInstance;
import org.camunda.bpm.engine.runtime.Incident;
import org.camunda.bpm.engine.runtime.Job;
import org.camunda.bpm.engine.runtime.ProcessInstance;
import org.camunda.bpm.engine.task.Task;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/** The whole engine with its real database and job executor, and an operator's hands on it. */
@Tag("engine")
abstract class RunningEngine {

  static final String PASSWORD = "correct horse battery staple";
  static final Path DIRECTORY = directory();

  @Autowired ProcessEngine engine;
  @Autowired Logbook logbook;
  @Autowired Rollback rollback;

  @DynamicPropertySource
  static void files(DynamicPropertyRegistry properties) {
    properties.add("migration.admin.password", () -> PASSWORD);
    properties.add("migration.data", DIRECTORY::toString);
    properties.add("migration.platforms", DIRECTORY::toString);
    properties.add("server.port", () -> "0");
  }

  /** Nothing of a test is left to disturb the next one; its history stays, for the coverage. */
  @AfterEach
  void endWhatRuns() {
    for (ProcessInstance left : engine.getRuntimeService().createProcessInstanceQuery().list()) {
      eventually(
          () -> {
            engine
                .getRuntimeService()
                .deleteProcessInstanceIfExists(left.getId(), "test over", false, true, true, false);
            return true;
          });
    }
  }

  /** Puts a private key and a known_hosts there, for platform files to name. */
  static void operatorsKey() throws IOException {
    Path key = DIRECTORY.resolve("id");
    if (!Files.exists(key)) {
      Files.writeString(key, "-----BEGIN RSA PRIVATE KEY-----\nMIIEow==\n");
      Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
      Files.writeString(DIRECTORY.resolve("known_hosts"), "198.51.100.11 ssh-ed25519 AAAA\n");
    }
  }

  String start() {
    return start("pryv");
  }

  String start(String platformFile) {
    return start(Map.of("platformFile", platformFile));
  }

  String start(Map<String, Object> form) {
    return asAdmin(
        () ->
            engine
                .getRuntimeService()
                .startProcessInstanceByKey("register-migration", form)
                .getId());
  }

  /** What somebody does who is logged in as the admin. */
  <T> T asAdmin(Supplier<T> deed) {
    return as("admin", List.of("camunda-admin"), deed);
  }

  /** What somebody does who is logged in. */
  <T> T as(String user, List<String> groups, Supplier<T> deed) {
    engine.getIdentityService().setAuthentication(user, groups);
    try {
      return deed.get();
    } finally {
      engine.getIdentityService().clearAuthentication();
    }
  }

  /** The admin asks for a rollback, as over REST. */
  void rollBack(String migration, String reason) {
    asAdmin(
        () -> {
          rollback.ask(migration, reason);
          return null;
        });
  }

  /** The admin sets a variable, as in Cockpit. */
  void setAsAdmin(String migration, String name, Object value) {
    asAdmin(
        () -> {
          engine.getRuntimeService().setVariable(migration, name, value);
          return null;
        });
  }

  /** Waits until the migration stands at a user task. */
  Task taskAt(String migration, String key) {
    return orTellHowFar(
        migration,
        () ->
            eventually(
                () ->
                    engine
                        .getTaskService()
                        .createTaskQuery()
                        .processInstanceId(migration)
                        .taskDefinitionKey(key)
                        .singleResult()));
  }

  private <T> T orTellHowFar(String migration, Supplier<T> awaited) {
    try {
      return awaited.get();
    } catch (ConditionTimeoutException late) {
      List<Logbook.StepRun> steps = logbook.steps(migration);
      throw new AssertionError(
          "the last steps were " + steps.subList(Math.max(0, steps.size() - 3), steps.size()),
          late);
    }
  }

  void complete(String migration, String key, Map<String, Object> variables) {
    Task task = taskAt(migration, key);
    asAdmin(
        () ->
            await()
                .atMost(Duration.ofSeconds(10))
                .pollInSameThread()
                .until(() -> submitted(task.getId(), new HashMap<>(variables)), done -> done));
  }

  /**
   * A click that meets another transaction (the watch's, a timer's) is answered so, and made again.
   */
  private boolean submitted(String task, Map<String, Object> variables) {
    try {
      engine.getFormService().submitTaskForm(task, variables);
      return true;
    } catch (OptimisticLockingException metAnother) {
      return false;
    }
  }

  void go(String migration) {
    complete(migration, "gate", Map.of("gateDecision", "go"));
  }

  /** Waits until the migration is over, and says at which end. */
  String endOf(String migration) {
    orTellHowFar(
        migration,
        () ->
            eventually(
                () ->
                    engine
                                .getHistoryService()
                                .createHistoricProcessInstanceQuery()
                                .processInstanceId(migration)
                                .singleResult()
                                .getEndTime()
                            == null
                        ? null
                        : true));
    return visited(migration).stream()
        .filter(id -> List.of("completed", "rolledBack", "aborted").contains(id))
        .findFirst()
        .orElse("deleted");
  }

  Incident incidentAt(String migration, String activity) {
    return eventually(
        () ->
            engine
                .getRuntimeService()
                .createIncidentQuery()
                .processInstanceId(migration)
                .activityId(activity)
                .list()
                .stream()
                .findFirst()
                .orElse(null));
  }

  /** What "retry" in Cockpit does. */
  void retry(Incident incident) {
    engine.getManagementService().setJobRetries(incident.getConfiguration(), 1);
  }

  List<Job> jobs(String migration) {
    return engine.getManagementService().createJobQuery().processInstanceId(migration).list();
  }

  Object variable(String migration, String name) {
    return engine.getRuntimeService().getVariable(migration, name);
  }

  List<String> visited(String migration) {
    return engine
        .getHistoryService()
        .createHistoricActivityInstanceQuery()
        .processInstanceId(migration)
        .list()
        .stream()
        .map(HistoricActivityInstance::getActivityId)
        .toList();
  }

  /** Waits generously: real steps on a loaded machine are slow, and only a failure waits long. */
  static <T> T eventually(Supplier<T> what) {
    return await()
        .atMost(Duration.ofMinutes(5))
        .pollInterval(Duration.ofMillis(30))
        .ignoreExceptions()
        .until(what::get, found -> found != null);
  }

  static void assertTold(Throwable thrown, String... parts) {
    assertThat(thrown.getMessage()).contains(parts);
  }

  private static Path directory() {
    try {
      return Files.createTempDirectory("engine-test");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
