package io.pryv.migration.process;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pryv.migration.RegisterMigration;
import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.machine.HttpsProbe;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.camunda.bpm.engine.runtime.Incident;
import org.camunda.bpm.engine.task.Task;
import org.camunda.bpm.model.bpmn.instance.UserTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ComponentScan;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.FilterType;
import org.springframework.context.annotation.Primary;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/**
 * The process as it is shipped, with its real steps, on a platform of sandboxes: what each form
 * shows is what the steps found there.
 */
@SpringBootTest(
    classes = SandboxMigrationTest.Application.class,
    webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT)
@DirtiesContext
class SandboxMigrationTest extends RunningEngine {

  private static final String DEST_IDENTITY =
      "pryv/reg-master/nginx/conf/register-migration-127.0.0.12.pem";
  private static final String SITE = "pryv/reg-master/nginx/conf/site.conf";
  private static final String REDIS_CONF = "pryv/reg-master/redis/conf/redis.conf";

  @TempDir static Path certificates;
  private static volatile SandboxPlatform lab;

  /** The tests of this class that have not run yet. */
  private static final Set<Method> toRun =
      Stream.of(SandboxMigrationTest.class.getDeclaredMethods())
          .filter(method -> method.isAnnotationPresent(Test.class))
          .collect(Collectors.toSet());

  @Autowired Reports reports;
  @Autowired FileProperties files;
  @Autowired RecordedSteps steps;
  @Autowired Leases leases;
  @Autowired EveryStepTwice twice;

  @DynamicPropertySource
  static void database(DynamicPropertyRegistry properties) {
    properties.add(
        "spring.datasource.url",
        () -> "jdbc:h2:file:${migration.data}/sandbox-migration;DB_CLOSE_ON_EXIT=FALSE");
  }

  @BeforeAll
  static void certificate() throws Exception {
    SandboxPlatform.makeCertificate(certificates);
    operatorsKey();
  }

  @BeforeEach
  void aPlatform() {
    lab = new SandboxPlatform(certificates);
    lab.live();
    lab.describeIn(DIRECTORY, "pryv");
  }

  @AfterEach
  void remove(TestInfo test) {
    endWhatRuns();
    steps.awaitIdle(Duration.ofSeconds(30));
    // A lease is given back on its machine.
    eventually(() -> leases.noted().isEmpty() ? true : null);
    lab.close();
    assertThat(twice.troubles()).as("steps that were run twice in a row").isEmpty();
    toRun.remove(test.getTestMethod().orElseThrow());
    if (toRun.isEmpty()) {
      assertThat(twice.neverRun()).as("steps that no migration here passes").isEmpty();
    }
  }

  @Test
  void aRegisterMovesWithEveryUserAndEachFormShowsWhatItsDecisionNeeds() throws IOException {
    Map<String, String> sourceBefore = lab.source.fingerprint();
    Map<String, String> destBefore = lab.dest.fingerprint();
    String migration = start();

    Map<String, String> gate = form(migration, "gate");
    assertThat(gate.get("gateEvidence"))
        .contains(
            "| platform | pryv.lab |", "127.0.0.11", "127.0.0.12", "register-migration-backup")
        .contains("| rounds of bulk sync | 1 |", "| warnings of preflight | ")
        .doesNotContain("given up");
    assertThat(gate.get("preflightEvidence")).contains("site.conf").startsWith("**0 stop,");
    assertThat(gate.get("syncEvidence")).contains("| 1 | ");
    assertThat(gate.get("keysEvidence")).contains("transfer_key", "ssh-ed25519");
    assertThat(lab.source.serves()).isTrue();
    assertThatDestRunsOnItsOwnData();

    SandboxPlatform.createUser("latecomer", lab.source);
    go(migration);
    Map<String, String> nameServers = form(migration, "nameServers");
    assertThat(nameServers.get("recordsEvidence"))
        .contains("dns1.pryv.lab", "`127.0.0.11`", "`127.0.0.12`", "Longest TTL: 1 s");
    assertThat(lab.dest.get("latecomer:server")).isEqualTo("core1.pryv.lab");
    assertThat(lab.dest.serves()).isTrue();
    assertThat(lab.source.serves()).isTrue();
    assertThat(lab.source.info("role")).isEqualTo("slave");
    SandboxPlatform.createUser("newcomer", lab.dest);
    eventually(() -> lab.source.get("newcomer:server").isEmpty() ? null : true);

    complete(migration, "nameServers", Map.of("nameServersDecision", "changed"));
    eventually(() -> visited(migration).contains("delegationWait") ? true : null);
    lab.delegateTo(lab.dest);
    Map<String, String> retirement = form(migration, "confirmRetirement");
    assertThat(retirement.get("quietEvidence")).contains("source", "nothing since we listen");
    assertThat(retirement.get("dataEvidence")).contains("| users | 43 | 43 |", "| 0 | 0 |");
    assertThat(retirement.get("dnsEvidence")).contains("(20 users) on dest", ": 0 differ.");

    complete(migration, "confirmRetirement", Map.of("retirementDecision", "retire"));
    assertThat(endOf(migration)).isEqualTo("completed");
    assertThat(lab.source.heldDown()).isTrue();
    assertThat(lab.dest.serves()).isTrue();
    assertThat(changed(sourceBefore, lab.source.fingerprint()))
        .as("what is left on source: the commented edits and what they name, and no key")
        .containsExactly(DEST_IDENTITY, SITE, REDIS_CONF);
    assertThat(changed(destBefore, lab.dest.fingerprint())).containsExactly("pryv/reg-master.yml");
    assertThatReportTellsIt(migration);
  }

  private void assertThatReportTellsIt(String migration) throws IOException {
    Report report = reports.of(migration);
    assertThat(report.outcome()).isEqualTo("completed");
    assertThat(report.users())
        .as("the fixture, and who registered before and after the cut-over")
        .isEqualTo(SandboxPlatform.USERS + 3);
    assertThat(report.coldWindowMs()).isPositive();
    assertThat(report.verification().keysDiffering()).isZero();
    assertThat(report.verification().keysCompared()).isEqualTo(2 * 3 * (SandboxPlatform.USERS + 3));
    assertThat(report.verification().namesDiffering()).isZero();
    assertThat(report.verification().namesCompared()).isGreaterThan(20);
    assertThat(report.steps()).allMatch(step -> step.outcome().equals("done"));
    assertThat(report.steps())
        .filteredOn(step -> !step.id().equals("prepareGate"))
        .extracting(Report.Step::said)
        .doesNotContain("");
    assertThat(report.decisions())
        .extracting(Logbook.Decision::task)
        .containsExactly("start", "gate", "nameServers", "confirmRetirement");
    assertThat(report.edits()).extracting(Report.Edit::path).anyMatch(path -> path.endsWith(SITE));
    assertThat(report.commands()).allMatch(command -> command.exitCode() != null);
    assertThat(report.evidence()).containsKeys("backUp", "guard", "follow", "proveProxy");
    Path written = files.reports().resolve("pryv.lab-" + migration + ".md");
    assertThat(Files.readString(written))
        .contains("# Migration of pryv.lab: completed", "| cold window | ")
        .doesNotContain("PRIVATE KEY");
  }

  @Test
  void whatStopsPreflightIsShownAndCheckedAgainOnceItIsMended() {
    lab.source
        .files()
        .edit("reg-master/nginx/conf/site.conf", "http://register_server", "http://r");
    Map<String, String> sourceBefore = lab.source.fingerprint();
    int changes = lab.changes();
    String migration = start();

    Map<String, String> form = form(migration, "mendPreflight");
    assertThat(form.get("preflightEvidence"))
        .contains("### Stops", "source", "site.conf")
        .doesNotContain("**0 stop");
    assertThat(lab.changes()).as("changing commands").isEqualTo(changes);
    assertThat(lab.source.fingerprint()).isEqualTo(sourceBefore);

    lab.source
        .files()
        .edit("reg-master/nginx/conf/site.conf", "http://r", "http://register_server");
    complete(migration, "mendPreflight", Map.of("preflightDecision", "checkAgain"));
    assertThat(form(migration, "gate").get("preflightEvidence")).startsWith("**0 stop,");
  }

  @Test
  void aRollbackAtTheGateLeavesDestAsItWasAndSourceUntouched() {
    Map<String, String> sourceBefore = lab.source.fingerprint();
    Map<String, String> destBefore = lab.dest.fingerprint();
    String runId = lab.source.info("run_id");
    String migration = start();
    complete(migration, "gate", Map.of("gateDecision", "rollBack"));
    endOf(migration);

    assertThat(lab.source.info("run_id")).as("never stopped").isEqualTo(runId);
    SandboxPlatform.createUser("afterwards", lab.source);
    assertThatAllIsAsBefore(migration, sourceBefore, destBefore);
    Report report = reports.of(migration);
    assertThat(report.users()).isNull();
    assertThat(report.coldWindowMs()).isNull();
  }

  @Test
  void aRehearsalMeasuresWhatItCanAndLeavesNothingOnEitherMachine() throws IOException {
    Map<String, String> sourceBefore = lab.source.fingerprint();
    Map<String, String> destBefore = lab.dest.fingerprint();
    String runId = lab.source.info("run_id");
    String rehearsal = start(Map.of("platformFile", "pryv", "purpose", "rehearse"));
    endOf(rehearsal);

    assertThat(visited(rehearsal))
        .contains("rehearseWindow", "endRehearsal")
        .doesNotContain("gate");
    assertThatAllIsAsBefore(rehearsal, "rehearsed", sourceBefore, destBefore);
    assertThat(lab.source.info("run_id")).as("never stopped").isEqualTo(runId);
    assertThat(lab.source.home().resolve("register-migration-backup")).doesNotExist();
    Report report = reports.of(rehearsal);
    assertThat(report.expectedOutageFrom()).contains("last sync as the last round");
    assertThat(report.expectedOutageMs()).isPositive();
    assertThat(report.strategyChosenBy()).isEqualTo("platform file");

    String migration = start();
    assertThat(form(migration, "gate").get("gateEvidence"))
        .contains("| expected from | measured here: ", "| last rehearsal | ", "cold, on ");
  }

  @Test
  void theStartFormsStrategyWinsOverThePlatformFiles() {
    String live = start(Map.of("platformFile", "pryv", "wantedStrategy", "live"));
    assertThat(form(live, "mendPreflight").get("preflightEvidence"))
        .contains("all that a live cut-over needs (chosen in the start form)");
    complete(live, "mendPreflight", Map.of("preflightDecision", "abort"));
    assertThat(endOf(live)).isEqualTo("aborted");
    assertThat(reports.of(live).strategyChosenBy()).isEqualTo("start form");

    String auto = start(Map.of("platformFile", "pryv", "wantedStrategy", "auto"));
    assertThat(form(auto, "gate").get("gateEvidence"))
        .contains(
            "| strategy | cold: ",
            "| why | auto, by the start form: a live cut-over is not possible: ");
    assertThat(reports.of(auto).strategyChosenBy()).isEqualTo("auto");
  }

  @Test
  void whatDestHasTakenIsCarriedBackToSourceAndAllElseIsAsBefore() {
    Map<String, String> sourceBefore = lab.source.fingerprint();
    Map<String, String> destBefore = lab.dest.fingerprint();
    String migration = start();
    go(migration);
    taskAt(migration, "nameServers");
    SandboxPlatform.createUser("newcomer", lab.dest);
    complete(migration, "nameServers", Map.of("nameServersDecision", "rollBack"));
    complete(migration, "nameServersBack", Map.of("nothingChangedTyped", "nothing was changed"));
    endOf(migration);

    assertThat(lab.source.get("newcomer:server")).isEqualTo("core1.pryv.lab");
    assertThat(lab.source.info("role")).isEqualTo("master");
    SandboxPlatform.createUser("afterwards", lab.source);
    assertThatAllIsAsBefore(migration, sourceBefore, destBefore);
    assertThat(reports.of(migration).evidence()).containsKeys("findWriter", "returnWriter");
  }

  @Test
  void aDestThatTheNameServersLeadToPassesOnToSourceUntilTheyLeadBack() {
    Map<String, String> sourceBefore = lab.source.fingerprint();
    Map<String, String> destBefore = lab.dest.fingerprint();
    String migration = start();
    go(migration);
    taskAt(migration, "nameServers");
    lab.delegateTo(lab.dest);
    complete(migration, "nameServers", Map.of("nameServersDecision", "changed"));
    taskAt(migration, "confirmRetirement");
    SandboxPlatform.createUser("newcomer", lab.dest);
    complete(migration, "confirmRetirement", Map.of("retirementDecision", "rollBack"));

    assertThat(form(migration, "nameServersBack").get("recordsBackEvidence"))
        .contains("dns1.pryv.lab", "`127.0.0.12`", "`127.0.0.11`");
    assertThat(form(migration, "nameServersBack").get("followBackEvidence"))
        .contains("Dest follows source");
    SandboxPlatform.createUser("latest", lab.source);
    awaitOnDest("latest");
    assertThat(
            lab.https()
                .get(lab.dest.address(), 443, "reg.pryv.lab", "/latest/server", Map.of())
                .location())
        .as("a client of the new delegation")
        .contains("core1.pryv.lab");
    assertThat(lab.source.get("newcomer:server")).isEqualTo("core1.pryv.lab");

    lab.dest.restartRedis();
    SandboxPlatform.createUser("meanwhile", lab.source);
    awaitOnDest("meanwhile");
    assertThat(lab.dest.info("role")).isEqualTo("slave");
    eventually(
        () -> {
          List<Incident> told =
              engine.getRuntimeService().createIncidentQuery().processInstanceId(migration).list();
          return told.isEmpty() ? true : null;
        });

    lab.delegateTo(lab.source);
    complete(migration, "nameServersBack", Map.of());
    endOf(migration);
    assertThatAllIsAsBefore(migration, sourceBefore, destBefore);
  }

  private static void awaitOnDest(String user) {
    eventually(() -> lab.dest.get(user + ":server").equals("core1.pryv.lab") ? true : null);
  }

  private void assertThatAllIsAsBefore(
      String migration, Map<String, String> sourceBefore, Map<String, String> destBefore) {
    assertThatAllIsAsBefore(migration, "rolledBack", sourceBefore, destBefore);
  }

  private void assertThatAllIsAsBefore(
      String migration,
      String outcome,
      Map<String, String> sourceBefore,
      Map<String, String> destBefore) {
    assertThat(reports.of(migration).outcome()).isEqualTo(outcome);
    assertThat(lab.source.fingerprint()).isEqualTo(sourceBefore);
    assertThat(lab.source.serves()).isTrue();
    assertThat(lab.dest.fingerprint()).isEqualTo(destBefore);
    assertThat(lab.dest.container("redis").running()).isFalse();
    assertThat(lab.dest.container("redis").restartPolicy()).isEqualTo("always");
    for (LiveRegister register : List.of(lab.source, lab.dest)) {
      assertThat(register.home().resolve(".register-migration/" + migration)).doesNotExist();
    }
  }

  @Test
  void aLastSyncThatFailsPutsSourceBackAndTheGateTellsWhy() {
    String migration = start();
    taskAt(migration, "gate");
    lab.dest.diskFullOnceFenced(lab.source, true);

    assertThatTheWindowIsGivenUp(migration, "No space left on device");
    assertThatDestRunsOnItsOwnData();

    lab.dest.diskFullOnceFenced(lab.source, false);
    go(migration);
    taskAt(migration, "nameServers");
    assertThat(lab.dest.get("meanwhile:server")).isEqualTo("core1.pryv.lab");
  }

  @Test
  void aDestThatDoesNotStartPutsSourceBackAndTheNextWindowGoesThrough() {
    String migration = start();
    taskAt(migration, "gate");
    lab.dest.portTaken(true);

    assertThatTheWindowIsGivenUp(migration, "port is already allocated");
    assertThat(lab.dest.container("redis").running()).as("it can not, for the port").isFalse();

    lab.dest.portTaken(false);
    go(migration);
    complete(migration, "nameServers", Map.of("nameServersDecision", "changed"));
    lab.delegateTo(lab.dest);
    assertThat(lab.dest.get("meanwhile:server")).isEqualTo("core1.pryv.lab");
    complete(migration, "confirmRetirement", Map.of("retirementDecision", "retire"));
    assertThat(endOf(migration)).isEqualTo("completed");
    Report report = reports.of(migration);
    assertThat(report.outcome()).isEqualTo("completed");
    assertThat(report.users()).as("those of the second stop").isEqualTo(SandboxPlatform.USERS + 2);
    assertThat(report.steps())
        .filteredOn(step -> step.id().equals("startDest"))
        .extracting(Report.Step::outcome)
        .containsExactly("failed", "failed", "done");
  }

  /** Source serves as before, and goes on taking users. */
  private void assertThatTheWindowIsGivenUp(String migration, String why) {
    Map<String, String> sourceBefore = lab.source.fingerprint();
    Task asked = taskAt(migration, "gate");
    go(migration);
    eventually(() -> taskAt(migration, "gate").getId().equals(asked.getId()) ? null : true);

    assertThat(form(migration, "gate").get("gateEvidence"))
        .contains("The cold window was given up, source serves as before", why);
    assertThat(lab.source.fingerprint()).isEqualTo(sourceBefore);
    assertThat(lab.source.serves()).isTrue();
    SandboxPlatform.createUser("meanwhile", lab.source);
  }

  /** It serves, knows none of source's users, and refuses writes. */
  private static void assertThatDestRunsOnItsOwnData() {
    assertThat(lab.dest.serves()).isTrue();
    assertThat(lab.dest.get("user0001:server")).isEmpty();
    assertThat(lab.dest.redis("SET", "x", "y")).first().asString().startsWith("-NOREPLICAS");
  }

  /** What the form of a task shows: each variable is there, and short enough for the engine. */
  private Map<String, String> form(String migration, String task) {
    taskAt(migration, task);
    Map<String, String> shown = new LinkedHashMap<>();
    for (String variable : shownBy(task)) {
      Object value = variable(migration, variable);
      assertThat(value).as(variable).isInstanceOf(String.class);
      assertThat((String) value).as(variable).isNotBlank().doesNotContain("null");
      assertThat(((String) value).length()).as(variable).isLessThan(4000);
      shown.put(variable, (String) value);
    }
    assertThat(shown).isNotEmpty();
    return shown;
  }

  private static List<String> shownBy(String task) {
    String form = ((UserTask) Diagram.element(task)).getCamundaFormRef();
    try (InputStream file =
        SandboxMigrationTest.class.getResourceAsStream("/bpmn/forms/" + form + ".form")) {
      JsonNode components = new ObjectMapper().readTree(file).get("components");
      return components.findValuesAsText("text").stream()
          .filter(text -> text.startsWith("="))
          .map(text -> text.substring(1))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Files that are not as they were, or were not there, or are no more. */
  private static List<String> changed(Map<String, String> before, Map<String, String> after) {
    Map<String, String> all = new java.util.TreeMap<>(before);
    all.putAll(after);
    all.keySet()
        .removeIf(file -> before.getOrDefault(file, "").equals(after.getOrDefault(file, "absent")));
    return List.copyOf(all.keySet());
  }

  /** The application as it is shipped, with other edges. */
  @Configuration
  @EnableAutoConfiguration
  @ComponentScan(
      basePackageClasses = RegisterMigration.class,
      excludeFilters =
          @ComponentScan.Filter(
              type = FilterType.REGEX,
              pattern = "io\\.pryv\\.migration\\.(RegisterMigration|.*Test.*)"))
  static class Application {

    /** Whatever the process passes, it passes every step twice. */
    @Bean
    static EveryStepTwice everyStepTwice(ObjectProvider<Logbook> logbook) {
      return new EveryStepTwice(
          () -> List.of(lab.source.fingerprint(), lab.dest.fingerprint()), logbook);
    }

    @Bean
    @Primary
    static PlatformShells sandboxes() {
      return new PlatformShells(knownHosts -> machine -> lab.shells().to(machine));
    }

    @Bean
    @Primary
    static DnsClient sandboxDns() {
      return new DnsClient() {
        @Override
        public Answer ask(String server, String name, String type) {
          return lab.dns().ask(server, name, type);
        }

        @Override
        public Answer resolve(String resolver, String name, String type) {
          return lab.dns().resolve(resolver, name, type);
        }
      };
    }

    @Bean
    @Primary
    static HttpsProbe sandboxHttps() {
      return (address, port, hostName, path, headers) ->
          lab.https().get(address, port, hostName, path, headers);
    }
  }
}
