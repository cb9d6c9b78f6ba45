package io.pryv.migration.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pryv.migration.machine.SandboxShell;
import io.pryv.migration.machine.Shells;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.redis.RedisDoors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.camunda.bpm.engine.ProcessEngine;
import org.camunda.bpm.engine.history.HistoricActivityInstance;
import org.camunda.bpm.engine.history.HistoricProcessInstance;
import org.camunda.bpm.engine.runtime.Incident;
import org.camunda.bpm.engine.runtime.Job;
import org.camunda.bpm.engine.runtime.ProcessInstance;
import org.camunda.bpm.engine.task.Task;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.beans.factory.support.BeanDefinitionRegistryPostProcessor;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ComponentScan;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.FilterType;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/**
 * The whole engine with its real database, job executor and REST; the features' steps are played.
 */
@Tag("engine")
@SpringBootTest(
    classes = EngineTest.Application.class,
    webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT)
abstract class EngineTest {

  static final String PASSWORD = "correct horse battery staple";
  static final Path DIRECTORY = directory();

  @Autowired ProcessEngine engine;
  @Autowired ScriptedSteps steps;
  @Autowired Logbook logbook;
  @Autowired AtomicReference<String> troubleOfReplication;

  @DynamicPropertySource
  static void files(DynamicPropertyRegistry properties) {
    properties.add("migration.admin.password", () -> PASSWORD);
    properties.add("migration.data", DIRECTORY::toString);
    properties.add("migration.platforms", DIRECTORY::toString);
    properties.add("server.port", () -> "0");
  }

  @BeforeEach
  void healthyPlatform() {
    steps.reset();
    troubleOfReplication.set("");
    platform("pryv", "pryv.example", "198.51.100.11", "");
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

  /** Writes a platform file into the directory that the application knows. */
  static void platform(String name, String domain, String source, String options) {
    try {
      Path key = DIRECTORY.resolve("id");
      if (!Files.exists(key)) {
        Files.writeString(key, "-----BEGIN RSA PRIVATE KEY-----\nMIIEow==\n");
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
        Files.writeString(DIRECTORY.resolve("known_hosts"), "198.51.100.11 ssh-ed25519 AAAA\n");
      }
      Files.writeString(
          DIRECTORY.resolve(name + ".yaml"),
          """
          domain: %s
          ssh: {key: id, knownHosts: known_hosts}
          source: {host: %s}
          dest: {host: 203.0.113.12}
          options: {checkEvery: 1s%s}
          """
              .formatted(domain, source, options));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String start() {
    return start("pryv");
  }

  String start(String platformFile) {
    engine.getIdentityService().setAuthentication("admin", List.of("camunda-admin", "operators"));
    try {
      return engine
          .getRuntimeService()
          .startProcessInstanceByKey("register-migration", Map.of("platformFile", platformFile))
          .getId();
    } finally {
      engine.getIdentityService().clearAuthentication();
    }
  }

  /** Waits until the migration stands at a user task. */
  Task taskAt(String migration, String key) {
    return eventually(
        () ->
            engine
                .getTaskService()
                .createTaskQuery()
                .processInstanceId(migration)
                .taskDefinitionKey(key)
                .singleResult());
  }

  void complete(String migration, String key, Map<String, Object> variables) {
    Task task = taskAt(migration, key);
    engine.getIdentityService().setAuthentication("admin", List.of("camunda-admin", "operators"));
    try {
      engine.getFormService().submitTaskForm(task.getId(), new HashMap<>(variables));
    } finally {
      engine.getIdentityService().clearAuthentication();
    }
  }

  void go(String migration) {
    complete(migration, "gate", Map.of("gateDecision", "go"));
  }

  /** Waits until the migration is over, and says at which end. */
  String endOf(String migration) {
    eventually(
        () -> {
          HistoricProcessInstance instance =
              engine
                  .getHistoryService()
                  .createHistoricProcessInstanceQuery()
                  .processInstanceId(migration)
                  .singleResult();
          return instance.getEndTime() == null ? null : instance;
        });
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

  static <T> T eventually(Supplier<T> what) {
    return await()
        .atMost(Duration.ofSeconds(30))
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

  /** The application without its edges: steps that would reach machines are played. */
  @Configuration
  @EnableAutoConfiguration
  @ComponentScan(
      basePackages = {"io.pryv.migration.process", "io.pryv.migration.console"},
      excludeFilters =
          @ComponentScan.Filter(
              type = FilterType.REGEX,
              pattern = "io\\.pryv\\.migration\\.process\\.(Edges|.*Test.*)"))
  static class Application {

    @Bean
    static ScriptedSteps scriptedSteps() {
      ScriptedSteps steps = new ScriptedSteps();
      steps.reset();
      return steps;
    }

    /** What the watch over replication sees: trouble is whatever a test puts here. */
    @Bean
    static AtomicReference<String> troubleOfReplication() {
      return new AtomicReference<>("");
    }

    @Bean
    static StandingWatch standingWatch(AtomicReference<String> troubleOfReplication) {
      return step -> Optional.of(troubleOfReplication.get()).filter(text -> !text.isEmpty());
    }

    @Bean
    static Sandboxes sandboxes() {
      return new Sandboxes(new ConcurrentHashMap<>());
    }

    @Bean
    static PlatformShells shells(Sandboxes sandboxes) {
      return new PlatformShells(knownHosts -> sandboxes);
    }

    @Bean
    static RedisDoors redisDoors() {
      return hands -> null;
    }

    /** One played step for each delegate of the diagram that is not the process's own. */
    @Bean
    static BeanDefinitionRegistryPostProcessor playedSteps() {
      return new BeanDefinitionRegistryPostProcessor() {
        @Override
        public void postProcessBeanDefinitionRegistry(BeanDefinitionRegistry registry) {
          Matcher delegate =
              Pattern.compile("delegateExpression=\"\\$\\{(\\w+)}\"").matcher(Diagram.xml());
          while (delegate.find()) {
            String name = delegate.group(1);
            if (!registry.containsBeanDefinition(name)) {
              RootBeanDefinition step = new RootBeanDefinition(ScriptedSteps.Step.class);
              step.setInstanceSupplier(null);
              step.setFactoryBeanName("stepFactory");
              step.setFactoryMethodName("step");
              step.getConstructorArgumentValues().addGenericArgumentValue(name);
              registry.registerBeanDefinition(name, step);
            }
          }
        }
      };
    }

    @Bean
    StepFactory stepFactory(ScriptedSteps steps, StepContexts contexts) {
      return new StepFactory(steps, contexts);
    }
  }

  /** Machines for the steps that reach for one; empty at first. */
  record Sandboxes(Map<String, SandboxShell> machines) implements Shells, AutoCloseable {

    @Override
    public SandboxShell to(Machine machine) {
      return machines.computeIfAbsent(machine.name(), name -> SandboxShell.of(machine.role()));
    }

    @Override
    public void close() {
      machines.values().forEach(SandboxShell::close);
    }
  }

  /** Makes played steps. */
  record StepFactory(ScriptedSteps steps, StepContexts contexts) {

    /** The step of that name. */
    public ScriptedSteps.Step step(String name) {
      return steps.new Step(contexts, name);
    }
  }
}
