package io.pryv.migration.process;

import io.pryv.migration.machine.SandboxShell;
import io.pryv.migration.machine.Shells;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.RedisDoors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
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

/**
 * The whole engine with its real database, job executor and REST; the features' steps are played.
 */
@SpringBootTest(
    classes = EngineTest.Application.class,
    webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT)
abstract class EngineTest extends RunningEngine {

  @Autowired ScriptedSteps steps;
  @Autowired AtomicReference<String> troubleOfReplication;
  @Autowired AtomicReference<String> refusalOfReplication;
  @Autowired AtomicReference<Duration> lookAtReplicationTakes;
  @Autowired AtomicInteger looksAtReplication;

  @BeforeEach
  void healthyPlatform() {
    steps.reset();
    troubleOfReplication.set("");
    refusalOfReplication.set("");
    lookAtReplicationTakes.set(Duration.ZERO);
    platform("pryv", "pryv.example", "198.51.100.11", "");
  }

  /** Writes a platform file into the directory that the application knows. */
  static void platform(String name, String domain, String source, String options) {
    try {
      operatorsKey();
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

  /** The application without its edges: steps that would reach machines are played. */
  @Configuration
  @EnableAutoConfiguration
  @ComponentScan(
      basePackages = {
        "io.pryv.migration.engine",
        "io.pryv.migration.process",
        "io.pryv.migration.console",
        "io.pryv.migration.security"
      },
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

    /** Why the trouble can not be mended; empty when nothing can be done about it anyway. */
    @Bean
    static AtomicReference<String> refusalOfReplication() {
      return new AtomicReference<>("");
    }

    /** How many looks of the watch have ended. */
    @Bean
    static AtomicInteger looksAtReplication() {
      return new AtomicInteger();
    }

    /** How long the watch needs to see that. */
    @Bean
    static AtomicReference<Duration> lookAtReplicationTakes() {
      return new AtomicReference<>(Duration.ZERO);
    }

    @Bean
    static StandingWatch standingWatch(
        AtomicReference<String> troubleOfReplication,
        AtomicReference<String> refusalOfReplication,
        AtomicReference<Duration> lookAtReplicationTakes,
        AtomicInteger looksAtReplication) {
      return (step, following) -> {
        long end = System.nanoTime() + lookAtReplicationTakes.get().toNanos();
        while (System.nanoTime() < end) {
          LockSupport.parkNanos(end - System.nanoTime());
        }
        looksAtReplication.incrementAndGet();
        return new StandingWatch.Finding(
            Optional.of(troubleOfReplication.get()).filter(text -> !text.isEmpty()).stream()
                .toList(),
            Optional.of(refusalOfReplication.get()).filter(text -> !text.isEmpty()).stream()
                .map(EngineTest::refused)
                .toList());
      };
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

  private static Supplier<String> refused(String why) {
    return () -> {
      throw new StepFailure("dest", "mending", "all well", why, "mend it by hand");
    };
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
