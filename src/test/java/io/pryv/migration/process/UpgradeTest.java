package io.pryv.migration.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.engine.ThisProgram;
import io.pryv.migration.platform.StepFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.camunda.bpm.engine.history.HistoricProcessInstance;
import org.camunda.bpm.engine.repository.DeploymentBuilder;
import org.camunda.bpm.engine.repository.ProcessDefinition;
import org.camunda.bpm.engine.runtime.Job;
import org.camunda.bpm.engine.task.Task;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.jdbc.DataSourceAutoConfiguration;
import org.springframework.boot.autoconfigure.jdbc.JdbcTemplateAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.io.Resource;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * This program starts where another version of it has migrations under way: begun with the diagram
 * of the last release, which is kept in {@code last-release}.
 */
@Tag("engine")
class UpgradeTest {

  private static final List<String> WAITS =
      List.of(
          "mendPreflight",
          "gate",
          "notBefore",
          "nameServers",
          "delegationWait",
          "acceptDelegation",
          "quietWait",
          "confirmRetirement",
          "nameServersBack",
          "delegationBackWait",
          "quietBackWait");

  @TempDir Path data;

  @Test
  void aMigrationBegunWithTheLastReleaseEndsWithThisProgramFromWhereverItWaits() throws Exception {
    Map<String, String> migrations = new HashMap<>();
    try (StartedProgram before = start()) {
      deployLastRelease(before, text -> text);
      play(before.bean(ScriptedSteps.class));
      for (String wait : WAITS) {
        migrations.put(wait, begin(before, wait));
      }
      migrations.put("fenceDest", begin(before, "fenceDest"));
      WAITS.forEach(wait -> leadTo(before, wait, migrations.get(wait)));
      EngineTest.eventually(() -> failed(before, migrations.get("fenceDest")));
      moveDate(before, migrations.get("notBefore"));
      migrations
          .values()
          .forEach(one -> assertThat(version(before, one).getVersionTag()).isEqualTo("0.0.9"));
    }
    try (StartedProgram now = start()) {
      ScriptedSteps steps = now.bean(ScriptedSteps.class);
      steps.on("watchDelegationBack", (step, call) -> step.put("delegationBack", true));
      steps.on("watchQuietBack", (step, call) -> step.put("quietBack", true));
      for (String task : WAITS) {
        if (task.endsWith("Wait") || task.equals("notBefore")) {
          continue;
        }
        assertThat(version(now, migrations.get(task)).getVersionTag()).as(task).isEqualTo("0.1.0");
      }
      assertThat(version(now, migrations.get("notBefore")).getVersionTag())
          .as("of what waits for a date that somebody has moved")
          .isEqualTo("0.0.9");
      Job job = failed(now, migrations.get("fenceDest"));
      assertThat(version(now, migrations.get("fenceDest")).getVersionTag())
          .as("of what has failed in a step")
          .isEqualTo("0.0.9");
      now.engine().getManagementService().setJobRetries(job.getId(), 1);
      for (Map.Entry<String, String> one : migrations.entrySet()) {
        String end = finish(now, one.getValue());
        assertThat(end)
            .as("the end of what waited at " + one.getKey())
            .isEqualTo(one.getKey().contains("Back") ? "rolledBack" : "completed");
      }
    }
  }

  @Test
  void aDiagramThatNamesWhatThisProgramLacksKeepsItFromStartingAndIsNamed() throws Exception {
    String migration;
    long incarnation;
    try (StartedProgram before = start()) {
      deployLastRelease(
          before,
          text ->
              text.replace("${closeTunnel}", "${closeTheTunnel}")
                  .replace("rollback.asked(execution)", "rollback.wanted(execution)"));
      migration = begin(before, "gate");
      leadTo(before, "gate", migration);
      incarnation = incarnation(before.bean(JdbcTemplate.class));
    }
    assertThatThrownBy(this::start)
        .hasRootCauseInstanceOf(Upgrade.UnknownDiagram.class)
        .rootCause()
        .hasMessageContaining("gate.example (" + migration + ")")
        .hasMessageContaining("of program 0.0.9")
        .hasMessageContaining("method rollback.wanted, step closeTheTunnel");
    try (ConfigurableApplicationContext left =
        new SpringApplicationBuilder(
                DataSourceAutoConfiguration.class, JdbcTemplateAutoConfiguration.class)
            .web(WebApplicationType.NONE)
            .run("--migration.data=" + data)) {
      assertThat(incarnation(left.getBean(JdbcTemplate.class)))
          .as("nothing was taken over")
          .isEqualTo(incarnation);
    }
  }

  @Test
  void theDiagramsBearTheVersionOfTheProgram() throws IOException {
    String pom = Files.readString(Path.of("pom.xml"));
    String version =
        pom.replaceAll("(?s).*<artifactId>register-migration</artifactId>\\s*<version>", "")
            .replaceAll("(?s)(-SNAPSHOT)?</version>.*", "");
    for (String diagram : List.of("register-migration", "roll-back")) {
      assertThat(Files.readString(Path.of("bpmn/" + diagram + ".bpmn")))
          .contains("versionTag=\"" + version + "\"");
    }
  }

  /** As if that release were running: migrations begin with what was deployed last. */
  private static void deployLastRelease(StartedProgram program, UnaryOperator<String> edit)
      throws IOException {
    DeploymentBuilder deployment =
        program.engine().getRepositoryService().createDeployment().name("register-migration");
    for (Resource file :
        new PathMatchingResourcePatternResolver().getResources("classpath:last-release/*")) {
      deployment.addString(
          file.getFilename(), edit.apply(file.getContentAsString(StandardCharsets.UTF_8)));
    }
    ThisProgram.deploys(deployment::deploy);
  }

  /** Each migration is led to its wait by its domain, which is named after it. */
  private static void play(ScriptedSteps steps) {
    var preflight = steps.now("preflight");
    steps.on(
        "preflight",
        (step, call) -> {
          preflight.accept(step, call);
          step.put("preflightStops", waits(step).equals("mendPreflight") ? 1 : 0);
        });
    steps.on(
        "fenceDest",
        (step, call) -> {
          if (waits(step).equals("fenceDest")) {
            throw new StepFailure("dest", "fence", "room", "none", "make some");
          }
        });
    steps.on(
        "watchDelegation",
        (step, call) -> {
          step.put(
              "delegationMoved",
              !List.of("delegationWait", "acceptDelegation").contains(waits(step)));
          step.put("delegationStuck", waits(step).equals("acceptDelegation"));
        });
    var quiet = steps.now("watchQuiet");
    steps.on(
        "watchQuiet",
        (step, call) -> {
          quiet.accept(step, 99);
          if (waits(step).equals("quietWait")) {
            step.put("quiet", false);
          }
        });
    steps.on(
        "findWriter",
        (step, call) -> {
          step.put("writer", "DEST");
          step.put("sourceReady", true);
          step.put("namesMoved", true);
        });
    steps.on(
        "watchDelegationBack",
        (step, call) -> step.put("delegationBack", !waits(step).equals("delegationBackWait")));
    steps.on(
        "watchQuietBack",
        (step, call) -> step.put("quietBack", !waits(step).equals("quietBackWait")));
  }

  private static String waits(StepContext step) {
    String domain = step.platform().domain();
    return WAITS.stream()
        .filter(wait -> domain.equals(wait.toLowerCase(Locale.ROOT) + ".example"))
        .findFirst()
        .orElse("fenceDest");
  }

  private static String begin(StartedProgram program, String wait) {
    int number = 1 + WAITS.indexOf(wait);
    String domain = wait.toLowerCase(Locale.ROOT) + ".example";
    EngineTest.platform(wait, domain, "198.51.100." + (50 + number), "");
    Path file = EngineTest.DIRECTORY.resolve(wait + ".yaml");
    try {
      Files.writeString(
          file, Files.readString(file).replace("203.0.113.12", "203.0.113." + (50 + number)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return program.begin(wait);
  }

  private static void leadTo(StartedProgram program, String wait, String migration) {
    if (List.of("mendPreflight", "gate").contains(wait)) {
      program.taskAt(migration, wait);
      return;
    }
    Map<String, Object> go = new HashMap<>(Map.of("gateDecision", "go"));
    if (wait.equals("notBefore")) {
      go.put("notBefore", Instant.now().plusSeconds(40).toString());
    }
    program.complete(migration, "gate", go);
    if (!wait.equals("notBefore")) {
      if (wait.equals("nameServers")) {
        program.taskAt(migration, wait);
        return;
      }
      program.complete(migration, "nameServers", Map.of("nameServersDecision", "changed"));
    }
    if (wait.contains("Back")) {
      program.taskAt(migration, "confirmRetirement");
      program.asAdmin(
          () -> {
            program.bean(Rollback.class).ask(migration, "");
            return null;
          });
      if (!wait.equals("nameServersBack")) {
        program.complete(migration, "nameServersBack", Map.of());
      }
    }
    if (List.of("nameServersBack", "acceptDelegation", "confirmRetirement").contains(wait)) {
      program.taskAt(migration, wait);
    } else {
      EngineTest.eventually(() -> program.visited(migration).contains(wait) ? true : null);
    }
  }

  /** Decides at whatever it comes to, until it is over; gives its end. */
  private static String finish(StartedProgram program, String migration) {
    Map<String, Map<String, Object>> decisions =
        Map.of(
            "mendPreflight", Map.of("preflightDecision", "checkAgain"),
            "gate", Map.of("gateDecision", "go"),
            "nameServers", Map.of("nameServersDecision", "changed"),
            "acceptDelegation", Map.of("delegationDecision", "lookAgain"),
            "confirmRetirement", Map.of("retirementDecision", "retire"),
            "nameServersBack", Map.of());
    EngineTest.eventually(
        () -> {
          HistoricProcessInstance found =
              program
                  .engine()
                  .getHistoryService()
                  .createHistoricProcessInstanceQuery()
                  .processInstanceId(migration)
                  .singleResult();
          if (found.getEndTime() != null) {
            return true;
          }
          for (Task task :
              program
                  .engine()
                  .getTaskService()
                  .createTaskQuery()
                  .processInstanceId(migration)
                  .list()) {
            program.submitted(task, decisions.get(task.getTaskDefinitionKey()));
          }
          return null;
        });
    return program.visited(migration).stream()
        .filter(id -> List.of("completed", "rolledBack", "aborted").contains(id))
        .findFirst()
        .orElse("deleted");
  }

  private static void moveDate(StartedProgram program, String migration) {
    Job wait =
        program
            .engine()
            .getManagementService()
            .createJobQuery()
            .processInstanceId(migration)
            .activityId("notBefore")
            .singleResult();
    program.asAdmin(
        () -> {
          program
              .engine()
              .getManagementService()
              .setJobDuedate(wait.getId(), Date.from(Instant.now().plusSeconds(60)));
          return null;
        });
  }

  private static Job failed(StartedProgram program, String migration) {
    return program
        .engine()
        .getManagementService()
        .createJobQuery()
        .processInstanceId(migration)
        .noRetriesLeft()
        .singleResult();
  }

  private static ProcessDefinition version(StartedProgram program, String migration) {
    return program
        .engine()
        .getRepositoryService()
        .getProcessDefinition(
            program
                .engine()
                .getRuntimeService()
                .createProcessInstanceQuery()
                .processInstanceId(migration)
                .singleResult()
                .getProcessDefinitionId());
  }

  private static long incarnation(JdbcTemplate database) {
    return database.queryForObject("select INCARNATION from MIGRATION_APPLICATION", Long.class);
  }

  private StartedProgram start() {
    return StartedProgram.with(List.of("--migration.data=" + data));
  }
}
