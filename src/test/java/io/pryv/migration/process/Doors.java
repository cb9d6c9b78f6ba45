package io.pryv.migration.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.camunda.bpm.engine.AuthorizationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.web.server.LocalServerPort;

/** What comes in over HTTP, and what does not, on each database that is supported. */
abstract class Doors extends EngineTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  private static final String PROCESS =
      """
      <definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="x">
        <process id="evil" isExecutable="true"><startEvent id="s"/></process>
      </definitions>
      """;

  private static final String PART =
      "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"evil.bpmn\"\r\n\r\n";

  @LocalServerPort int port;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/engine-rest/engine",
        "/engine-rest/process-definition",
        "/engine-rest/identity/verify",
        "/api/migrations",
        "/api/migrations/1/report.json"
      })
  void withoutCredentialsNothingIsAnswered(String path) throws Exception {
    HttpResponse<String> answer = CLIENT.send(request(path).build(), BodyHandlers.ofString());

    assertThat(answer.statusCode()).isEqualTo(401);
    assertThat(answer.body()).isEmpty();
    assertThat(answer.headers().firstValue("WWW-Authenticate")).isPresent();
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/migrations", "/migrations/1", "/camunda/app/tasklist/default/"})
  void aPageLeadsWhoIsNotLoggedInToTheLogin(String path) throws Exception {
    HttpResponse<String> answer =
        CLIENT.send(request(path).header("Accept", "text/html").build(), BodyHandlers.ofString());

    assertThat(answer.statusCode()).isEqualTo(302);
    assertThat(answer.headers().firstValue("Location").orElse("")).endsWith("/login");
    assertThat(answer.headers().firstValue("Set-Cookie").orElse("")).doesNotContain("SESSION");
  }

  /** The engine, asked without a user, would check nothing; Camunda's own filter compares text. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "/camunda/api/engine/engine;x/default/user",
        "/camunda/api/engine/engine/default;x/user",
        "/camunda/api/engine/engine/default/user;x",
        "/camunda;x/api/engine/engine/default/user",
        "/camunda/api/engine//engine/default/user",
        "/camunda/api/./engine/engine/default/user",
        "/camunda/api/engine/%65ngine/default/user",
        "/camunda/api/engine%2fengine/default/user",
        "/camunda/api/engine/engine/default/user",
        "/engine-rest/;x=1/task"
      })
  void noSpellingOfAPathReachesTheEngineAsNobody(String path) throws Exception {
    HttpResponse<String> answer = CLIENT.send(request(path).build(), BodyHandlers.ofString());

    assertThat(answer.statusCode()).isIn(400, 401);
    assertThat(answer.body()).doesNotContain("admin");
  }

  @Test
  void theWebappsOwnLoginsAreClosed() throws Exception {
    Browser browser = new Browser(port);
    browser.logIn("admin", PASSWORD);
    browser.get("/migrations");

    for (String path :
        new String[] {
          "/camunda/api/admin/auth/user/default/login/tasklist",
          "/camunda/api/admin/auth/user/default/login/admin",
          "/camunda/api/admin/setup/default/user/create"
        }) {
      assertThat(
              browser
                  .send(
                      browser
                          .request(path)
                          .header("X-XSRF-TOKEN", browser.token())
                          .header("Content-Type", "application/x-www-form-urlencoded")
                          .POST(BodyPublishers.ofString("username=admin&password=" + PASSWORD)))
                  .statusCode())
          .as(path)
          .isEqualTo(403);
    }
  }

  /** Camunda brings files with the addresses of ours, here too. */
  @ParameterizedTest
  @ValueSource(strings = {"tasklist", "cockpit"})
  void aWebappWhoseSessionHasEndedLeadsToTheLogin(String app) throws Exception {
    assertThat(page("/camunda/app/" + app + "/scripts/config.js").body()).contains("lib/door.js");
    assertThat(page("/camunda/lib/door.js").body()).contains("#/login");
  }

  @Test
  void aWrongPasswordIsRefused() throws Exception {
    HttpRequest wrong =
        request("/engine-rest/task")
            .header("Authorization", "Basic " + base64("admin:" + PASSWORD + "x"))
            .build();

    assertThat(CLIENT.send(wrong, BodyHandlers.ofString()).statusCode()).isEqualTo(401);
  }

  @Test
  void nobodyDeploysOverRest() throws Exception {
    HttpRequest deploy =
        asAdmin("/engine-rest/deployment/create")
            .header("Content-Type", "multipart/form-data; boundary=b")
            .POST(BodyPublishers.ofString(PART + PROCESS + "\r\n--b--\r\n"))
            .build();
    HttpResponse<String> answer = CLIENT.send(deploy, BodyHandlers.ofString());

    assertThat(answer.statusCode()).isEqualTo(403);
    assertThat(
            engine
                .getRepositoryService()
                .createProcessDefinitionQuery()
                .processDefinitionKey("evil")
                .count())
        .isZero();
  }

  /** The webapps act, as REST does, with the logged-in user's authentication. */
  @Test
  void nobodyDeploysWhateverTheWayIn() {
    engine.getIdentityService().setAuthentication("admin", List.of("camunda-admin"));
    try {
      assertThatThrownBy(
              () ->
                  engine
                      .getRepositoryService()
                      .createDeployment()
                      .addString("evil.bpmn", PROCESS)
                      .deploy())
          .isInstanceOf(AuthorizationException.class)
          .hasMessageContaining("Deployment is refused");
    } finally {
      engine.getIdentityService().clearAuthentication();
    }
  }

  @Test
  void thereIsNoDemoUser() {
    assertThat(engine.getIdentityService().createUserQuery().list())
        .singleElement()
        .satisfies(user -> assertThat(user.getId()).isEqualTo("admin"));
  }

  @Test
  void javaObjectsAreNotTakenAsVariables() throws Exception {
    String migration = start();
    taskAt(migration, "gate");
    HttpRequest put =
        asAdmin("/engine-rest/process-instance/" + migration + "/variables/x")
            .header("Content-Type", "application/json")
            .PUT(
                BodyPublishers.ofString(
                    "{\"type\":\"Object\",\"value\":\"rO0ABXQAAXg=\",\"valueInfo\":{\"objectTypeName\":"
                        + "\"java.lang.String\",\"serializationDataFormat\":\"application/x-java-serialized-object\"}}"))
            .build();
    HttpResponse<String> answer = CLIENT.send(put, BodyHandlers.ofString());

    assertThat(answer.statusCode()).isGreaterThanOrEqualTo(400);
    assertThat(variable(migration, "x")).isNull();
  }

  @Test
  void aMigrationStartedOverRestIsToldOfWhatIsWrongAtOnce() throws Exception {
    HttpResponse<String> answer =
        post(
            "/engine-rest/process-definition/key/register-migration/start",
            "{\"variables\":{\"platformFile\":{\"value\":\"absent\"}}}");

    assertThat(answer.statusCode()).isGreaterThanOrEqualTo(400);
    assertThat(answer.body()).contains("absent.yaml", "none there", "pryv.yaml");

    answer =
        post(
            "/engine-rest/process-definition/key/register-migration/start",
            "{\"variables\":{\"platformFile\":{\"value\":\"pryv\"},"
                + "\"wantedStrategy\":{\"value\":\"warm\"}}}");
    assertThat(answer.statusCode()).isGreaterThanOrEqualTo(400);
    assertThat(answer.body()).contains("one of asPlatformFile, auto, live, cold", "warm");
  }

  @Test
  void theConsoleShowsARehearsalAsOne() throws Exception {
    HttpResponse<String> started =
        post(
            "/engine-rest/process-definition/key/register-migration/start",
            "{\"variables\":{\"platformFile\":{\"value\":\"pryv\"},"
                + "\"purpose\":{\"value\":\"rehearse\"}}}");
    String id = JSON.readTree(started.body()).get("id").asText();
    endOf(id);

    JsonNode shown = json("/api/migrations/" + id);
    assertThat(shown.get("purpose").asText()).isEqualTo("rehearse");
    assertThat(shown.get("state").asText()).isEqualTo("rehearsed");
    assertThat(json("/api/migrations").get(0)).isEqualTo(shown);
    assertThat(page("/migrations").body()).contains("pryv.example (rehearsal)", ">rehearsed<");
    assertThat(json("/api/migrations/" + id + "/report.json").get("outcome").asText())
        .isEqualTo("rehearsed");
  }

  @Test
  void theConsoleShowsMigrationsRunningAndOverWithReportEvidenceAndJournal() throws Exception {
    HttpResponse<String> started =
        post(
            "/engine-rest/process-definition/key/register-migration/start",
            "{\"variables\":{\"platformFile\":{\"value\":\"pryv\"}}}");
    assertThat(started.statusCode()).as(started.body()).isEqualTo(200);
    String id = JSON.readTree(started.body()).get("id").asText();
    taskAt(id, "gate");
    JsonNode waiting = json("/api/migrations/" + id);
    assertThat(waiting.get("state").asText()).isEqualTo("waiting");
    assertThat(waiting.get("domain").asText()).isEqualTo("pryv.example");
    assertThat(waiting.get("at").get(0).asText()).isEqualTo("Decide on the cut-over");

    complete(id, "gate", java.util.Map.of("gateDecision", "rollBack"));
    endOf(id);

    assertThat(json("/api/migrations").get(0).get("state").asText()).isEqualTo("rolledBack");
    assertThat(json("/api/migrations/" + id + "/report.json").get("outcome").asText())
        .isEqualTo("rolledBack");
    assertThat(get("/api/migrations/" + id + "/report.md").body())
        .contains("# Migration of pryv.example: rolledBack", "Take the preparation back");
    assertThat(get("/api/migrations/" + id + "/evidence/preflight").body()).contains("clock skew");
    assertThat(json("/api/migrations/" + id + "/journal").isArray()).isTrue();
    assertThat(page("/migrations").body()).contains("pryv.example", "rolledBack");
    assertThat(page("/migrations/" + id).body()).contains("Take the preparation back");
  }

  @Test
  void whatAMachineSaysNeverBecomesMarkupOfAPage() throws Exception {
    String evil = "<script>alert(1)</script>";
    steps.failing("launchDest", 1, evil);
    steps.on(
        "preflight",
        (step, call) -> {
          step.put("preflightStops", 0);
          step.put("backUpWanted", false);
          step.say(evil);
          step.evidence("preflight", evil);
        });
    String id = start();
    incidentAt(id, "launchDest");

    for (String page :
        new String[] {
          "/migrations", "/migrations/" + id, "/migrations/" + id + "/evidence/preflight"
        }) {
      HttpResponse<String> answer = page(page);
      assertThat(answer.body()).as(page).contains("&lt;script&gt;").doesNotContain("<script");
      assertThat(answer.headers().firstValue("Content-Security-Policy").orElse(""))
          .contains("default-src 'none'");
    }
  }

  @Test
  void aRollbackOfARetiredSourceIsRefusedOverTheConsoleAndSaysWhy() throws Exception {
    steps.failing("closeTunnel", 100, "sshd hangs");
    String id = start();
    go(id);
    complete(id, "nameServers", java.util.Map.of("nameServersDecision", "changed"));
    complete(id, "confirmRetirement", java.util.Map.of("retirementDecision", "retire"));
    eventually(() -> Boolean.TRUE.equals(variable(id, "retired")) ? true : null);

    HttpResponse<String> answer = post("/api/migrations/" + id + "/rollback", "{}");
    assertThat(answer.statusCode()).isEqualTo(409);
    assertThat(answer.body()).contains("is retired");
  }

  @Test
  void aRollbackIsTakenOverTheConsoleAndNotedWithWhoAskedAndWhy() throws Exception {
    String id = start();
    taskAt(id, "gate");

    assertThat(
            post("/api/migrations/" + id + "/rollback", "{\"reason\": \"not tonight\"}")
                .statusCode())
        .isEqualTo(202);
    assertThat(endOf(id)).isEqualTo("rolledBack");
    assertThat(logbook.decisions(id))
        .singleElement()
        .satisfies(
            decision -> {
              assertThat(decision.who()).isEqualTo("admin");
              assertThat(decision.what()).isEqualTo("roll back: not tonight");
            });
    HttpResponse<String> again = post("/api/migrations/" + id + "/rollback", "");
    assertThat(again.statusCode()).isEqualTo(409);
    assertThat(again.body()).contains("has ended");
  }

  /** Camunda's own sheet forbids it, and Camunda brings a sheet with the address of ours. */
  @Test
  void tasklistWrapsTheCellsOfAFormsTable() throws Exception {
    String cell = ".fjs-container .fjs-form-field-text td {\n  white-space: ";

    assertThat(page("/camunda/app/tasklist/camunda-tasklist-bootstrap.css").body())
        .contains(cell + "nowrap;");
    assertThat(page("/camunda/app/tasklist/styles/user-styles.css").body())
        .contains(cell + "normal;");
  }

  @Test
  void aMigrationThatIsNotThereIsNotFound() throws Exception {
    assertThat(get("/api/migrations/nope").statusCode()).isEqualTo(404);
    assertThat(page("/migrations/nope").statusCode()).isEqualTo(404);
    assertThat(get("/api/migrations/nope/journal").statusCode()).isEqualTo(404);
  }

  private HttpResponse<String> page(String path) throws Exception {
    Browser browser = new Browser(port);
    browser.logIn("admin", PASSWORD);
    return browser.get(path);
  }

  private JsonNode json(String path) throws Exception {
    return JSON.readTree(get(path).body());
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return CLIENT.send(asAdmin(path).build(), BodyHandlers.ofString());
  }

  private HttpResponse<String> post(String path, String body)
      throws IOException, InterruptedException {
    return CLIENT.send(
        asAdmin(path)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body))
            .build(),
        BodyHandlers.ofString());
  }

  private HttpRequest.Builder asAdmin(String path) {
    return request(path).header("Authorization", "Basic " + base64("admin:" + PASSWORD));
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }
}
