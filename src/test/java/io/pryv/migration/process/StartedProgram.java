package io.pryv.migration.process;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.camunda.bpm.engine.ProcessEngine;
import org.camunda.bpm.engine.history.HistoricActivityInstance;
import org.camunda.bpm.engine.task.Task;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * The application of {@link EngineTest}, started by a test itself, as often as it likes, and an
 * operator's hands on it.
 */
final class StartedProgram implements AutoCloseable {

  private final ConfigurableApplicationContext program;

  private StartedProgram(ConfigurableApplicationContext program) {
    this.program = program;
  }

  /** Starts one, with further arguments. */
  static StartedProgram with(List<String> arguments) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "--server.port=0",
                "--migration.platforms=" + EngineTest.DIRECTORY,
                "--migration.admin.password=" + EngineTest.PASSWORD));
    all.addAll(arguments);
    return new StartedProgram(
        new SpringApplicationBuilder(EngineTest.Application.class).run(all.toArray(String[]::new)));
  }

  <T> T bean(Class<T> type) {
    return program.getBean(type);
  }

  ProcessEngine engine() {
    return bean(ProcessEngine.class);
  }

  boolean hasEnded() {
    return !program.isActive();
  }

  /** What the admin does. */
  <T> T asAdmin(Supplier<T> deed) {
    engine().getIdentityService().setAuthentication("admin", List.of("camunda-admin"));
    try {
      return deed.get();
    } finally {
      engine().getIdentityService().clearAuthentication();
    }
  }

  String begin(String platformFile) {
    return asAdmin(
        () ->
            engine()
                .getRuntimeService()
                .startProcessInstanceByKey(
                    "register-migration", Map.of("platformFile", platformFile))
                .getId());
  }

  /** Waits until the migration stands at a user task. */
  Task taskAt(String migration, String task) {
    return EngineTest.eventually(
        () ->
            engine()
                .getTaskService()
                .createTaskQuery()
                .processInstanceId(migration)
                .taskDefinitionKey(task)
                .singleResult());
  }

  /** A click that meets another transaction is made again. */
  void complete(String migration, String task, Map<String, Object> decision) {
    Task at = taskAt(migration, task);
    EngineTest.eventually(() -> submitted(at, decision));
  }

  Boolean submitted(Task task, Map<String, Object> decision) {
    return asAdmin(
        () -> {
          engine().getFormService().submitTaskForm(task.getId(), new HashMap<>(decision));
          return true;
        });
  }

  List<String> visited(String migration) {
    return engine()
        .getHistoryService()
        .createHistoricActivityInstanceQuery()
        .processInstanceId(migration)
        .list()
        .stream()
        .map(HistoricActivityInstance::getActivityId)
        .toList();
  }

  @Override
  public void close() {
    program.close();
  }
}
