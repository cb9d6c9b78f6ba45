package io.pryv.migration.process;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.Journal;
import io.pryv.migration.machine.LeaseFile;
import io.pryv.migration.machine.LeaseHeld;
import io.pryv.migration.machine.LeaseHolder;
import io.pryv.migration.machine.SandboxShell;
import io.pryv.migration.platform.Platform;
import io.pryv.migration.platform.StepFailure;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.camunda.bpm.engine.AuthorizationService;
import org.camunda.bpm.engine.IdentityService;
import org.camunda.bpm.engine.authorization.Authorization;
import org.camunda.bpm.engine.authorization.Permissions;
import org.camunda.bpm.engine.authorization.Resources;
import org.camunda.bpm.engine.identity.User;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;

/** Who may act on a machine, as the process has it. */
class LeasesTest extends EngineTest {

  private static final Command ACT = Command.change("act", "echo acted >>\"$HOME/acts\"");
  private static final LeaseHolder STRANGER =
      new LeaseHolder("m2", "theirs", 1, 1, "else.example", "elsewhere pid 5");

  @Autowired Sandboxes sandboxes;
  @Autowired Leases leases;
  @Autowired RecordedSteps recorded;

  @LocalServerPort int port;

  @AfterEach
  void otherMachines() {
    Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> leases.noted().isEmpty());
    sandboxes.machines().clear();
  }

  @Test
  void anOvertakenStepOfTheColdWindowIsNotTriedAgain() {
    CountDownLatch atWork = new CountDownLatch(1);
    CountDownLatch undone = new CountDownLatch(1);
    steps.on(
        "stopWrites",
        (step, call) -> {
          atWork.countDown();
          awaitLatch(undone);
          throw new StepFailure("source", "Redis", "no rewrite", "one", "retry");
        });
    String migration = start();
    complete(migration, "gate", Map.of("gateDecision", "go"));
    awaitLatch(atWork);
    rollBack(migration, "");

    eventually(() -> steps.calls("undoPreparation") == 1 ? true : null);
    undone.countDown();
    assertThat(endOf(migration)).isEqualTo("rolledBack");
    eventually(() -> recorded.busy(migration) ? null : true);
    assertThat(steps.calls("stopWrites")).isEqualTo(1);
  }

  @Test
  void anOvertakenStepCanNotAct() {
    CountDownLatch atWork = new CountDownLatch(1);
    CountDownLatch undone = new CountDownLatch(1);
    AtomicReference<RuntimeException> refused = new AtomicReference<>();
    CountDownLatch ended = new CountDownLatch(1);
    steps.on(
        "keepDestData",
        (step, call) -> {
          step.hands().on(step.platform().dest()).run(ACT);
          atWork.countDown();
          awaitLatch(undone);
          try {
            step.hands().on(step.platform().dest()).run(ACT);
          } catch (RuntimeException e) {
            refused.set(e);
            throw e;
          } finally {
            ended.countDown();
          }
        });
    steps.on(
        "undoPreparation",
        (step, call) ->
            step.hands()
                .on(step.platform().dest())
                .run(Command.change("undo", "echo undone >>\"$HOME/acts\"")));
    String migration = start();
    awaitLatch(atWork);
    rollBack(migration, "");

    assertThat(endOf(migration)).isEqualTo("rolledBack");
    undone.countDown();
    awaitLatch(ended);
    assertThat(refused.get()).isInstanceOf(LeaseHeld.class);
    assertThat(dest().home().resolve("acts")).hasContent("acted\nundone");
    assertThat(logbook.changes(migration))
        .last()
        .satisfies(change -> assertThat(change.exitCode()).contains(Journal.REFUSED));
  }

  @Test
  void aStepThatHadTouchedNothingYetCanNotActOnceItIsOvertaken() {
    CountDownLatch atWork = new CountDownLatch(1);
    CountDownLatch over = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(1);
    AtomicReference<RuntimeException> refused = new AtomicReference<>();
    steps.on(
        "launchDest",
        (step, call) -> {
          atWork.countDown();
          awaitLatch(over);
          try {
            step.hands().on(step.platform().dest()).run(ACT);
          } catch (RuntimeException e) {
            refused.set(e);
            throw e;
          } finally {
            ended.countDown();
          }
        });
    String migration = start();
    awaitLatch(atWork);
    engine.getRuntimeService().deleteProcessInstance(migration, "given up");
    over.countDown();
    awaitLatch(ended);

    assertThat(refused.get()).isInstanceOf(LeaseHeld.class);
    assertThat(sandboxes.machines().values())
        .allSatisfy(machine -> assertThat(machine.changes()).isEmpty());
  }

  @Test
  void aLeaseLastsThroughAWaitAndIsGivenUpAtTheEndHoweverItComes() {
    steps.on("launchDest", (step, call) -> step.hands().on(step.platform().dest()).run(ACT));
    String aborted = start();
    taskAt(aborted, "gate");
    Path file = dest().home().resolve(".register-migration/lease");
    eventually(() -> purposes().contains("make the lease last") ? true : null);
    assertThat(file).exists();
    complete(aborted, "gate", Map.of("gateDecision", "rollBack"));
    endOf(aborted);
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(file.getParent()).doesNotExist());

    String deleted = start();
    taskAt(deleted, "gate");
    assertThat(file).exists();
    engine.getRuntimeService().deleteProcessInstance(deleted, "given up");
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(file.getParent()).doesNotExist());
    assertThat(sandboxes.machines()).as("no other machine was asked").containsOnlyKeys("dest");
  }

  @Test
  void theOperatorSeesWhoHoldsAMachineAndBreaksItKnowingly() throws Exception {
    String migration = start();
    taskAt(migration, "gate");
    assertThat(lease(migration, "dest").get("state").asText()).isEqualTo("free");
    new LeaseFile(dest()).breakFor(STRANGER, "nobody");

    JsonNode held = lease(migration, "dest");
    assertThat(held.get("state").asText()).isEqualTo("held");
    assertThat(held.get("program").asText()).isEqualTo("elsewhere pid 5");
    assertThat(held.get("domain").asText()).isEqualTo("else.example");
    Browser browser = new Browser(port);
    browser.logIn("admin", PASSWORD);
    assertThat(browser.get("/migrations/" + migration).body())
        .contains("migration m2 of else.example")
        .contains("/leases/dest?heldBy=m2");

    String path = "/api/migrations/" + migration + "/leases/dest";
    assertThat(send("DELETE", path).statusCode()).isEqualTo(400);
    HttpResponse<String> wrong = send("DELETE", path + "?heldBy=m3");
    assertThat(wrong.statusCode()).isEqualTo(409);
    assertThat(send("DELETE", "/api/migrations/" + migration + "/leases/x?heldBy=m2").statusCode())
        .isEqualTo(404);
    assertThat(lease(migration, "dest").get("state").asText()).isEqualTo("held");
    assertThat(send("DELETE", path + "?heldBy=m2").statusCode()).isEqualTo(204);

    assertThat(lease(migration, "dest").get("state").asText()).isEqualTo("ours");
    assertThat(logbook.decisions(migration))
        .singleElement()
        .satisfies(
            decision -> {
              assertThat(decision.who()).isEqualTo("admin");
              assertThat(decision.task()).isEqualTo("lease of dest");
              assertThat(decision.what()).isEqualTo("broken; it was held by m2");
            });
    engine.getRuntimeService().deleteProcessInstance(migration, "test over");
    assertThat(send("GET", "/api/migrations/" + migration + "/leases").statusCode()).isEqualTo(409);
    assertThat(send("DELETE", path + "?heldBy=m2").statusCode()).isEqualTo(409);
  }

  @Test
  void whoMayOnlySeeAMigrationBreaksNothing() throws Exception {
    String migration = start();
    taskAt(migration, "gate");
    new LeaseFile(sandboxes.to(platform(migration).dest())).breakFor(STRANGER, "nobody");
    IdentityService identity = engine.getIdentityService();
    User watcher = identity.newUser("watcher");
    watcher.setPassword(PASSWORD);
    identity.saveUser(watcher);
    AuthorizationService authorizations = engine.getAuthorizationService();
    Authorization see = authorizations.createNewAuthorization(Authorization.AUTH_TYPE_GRANT);
    see.setUserId("watcher");
    see.setResource(Resources.PROCESS_DEFINITION);
    see.setResourceId("*");
    see.addPermission(Permissions.READ);
    see.addPermission(Permissions.READ_HISTORY);
    authorizations.saveAuthorization(see);
    try {
      String path = "/api/migrations/" + migration + "/leases";
      assertThat(send("watcher", "GET", path).statusCode()).isEqualTo(200);
      assertThat(send("watcher", "DELETE", path + "/dest?heldBy=m2").statusCode()).isEqualTo(403);
      assertThat(lease(migration, "dest").get("state").asText()).isEqualTo("held");
    } finally {
      authorizations.deleteAuthorization(see.getId());
      identity.deleteUser("watcher");
    }
  }

  private Platform platform(String migration) {
    return Values.fromVariable("platform", variable(migration, "platform"), Platform.class);
  }

  private SandboxShell dest() {
    return sandboxes.machines().get("dest");
  }

  private String purposes() {
    return String.join(", ", dest().ran().stream().map(Command::purpose).toList());
  }

  private JsonNode lease(String migration, String machine) throws Exception {
    HttpResponse<String> answer = send("GET", "/api/migrations/" + migration + "/leases");
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    for (JsonNode each : new ObjectMapper().readTree(answer.body())) {
      if (each.get("machine").asText().equals(machine)) {
        return each;
      }
    }
    throw new AssertionError(answer.body());
  }

  private HttpResponse<String> send(String method, String path) throws Exception {
    return send("admin", method, path);
  }

  private HttpResponse<String> send(String user, String method, String path) throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .header(
                    "Authorization",
                    "Basic "
                        + Base64.getEncoder()
                            .encodeToString(
                                (user + ":" + PASSWORD).getBytes(StandardCharsets.UTF_8)))
                .method(method, HttpRequest.BodyPublishers.noBody())
                .build(),
            BodyHandlers.ofString());
  }

  private static void awaitLatch(CountDownLatch latch) {
    try {
      if (!latch.await(30, TimeUnit.SECONDS)) {
        throw new AssertionError("it did not happen within 30 s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
