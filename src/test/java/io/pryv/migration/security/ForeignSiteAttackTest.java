package io.pryv.migration.security;

import static org.assertj.core.api.Assertions.assertThat;

import io.pryv.migration.process.AttackedProgram;
import io.pryv.migration.security.RawHttp.Answer;
import io.pryv.migration.security.RawHttp.Request;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Another site makes an operator's browser ask, or makes a name of its own lead here. */
class ForeignSiteAttackTest extends Attack {

  private static final List<String> CHANGES =
      List.of(
          "POST /engine-rest/process-definition/key/register-migration/start",
          "POST " + ENGINE + "/task/%s/claim",
          "POST " + ENGINE + "/task/%s/submit-form",
          "PUT " + ENGINE + "/job/none/retries",
          "POST /api/migrations/%s/rollback",
          "POST /logout");

  @Test
  void aSessionWithoutTheTokenOfItsPagesChangesNothing() {
    Session session = new Session(http);
    session.logIn(AttackedProgram.OPERATOR, AttackedProgram.PASSWORD);
    for (String change : CHANGES) {
      for (String token : new String[] {null, "", "x", session.token() + "x"}) {
        for (String type :
            List.of("application/json", "text/plain", "application/x-www-form-urlencoded")) {
          String[] parts = filled(change);
          Request request = session.withoutToken(parts[0], parts[1]);
          if (token != null) {
            request.header("X-XSRF-TOKEN", token);
          }
          Answer answer = request.body(type, "{}".getBytes(StandardCharsets.UTF_8)).send();
          assertThat(refused(answer)).as(change + " " + token + " " + answer.status()).isTrue();
        }
      }
    }
    assertThat(session.request("GET", "/api/migrations").send().status()).isEqualTo(200);
  }

  /** A browser that remembers a password of HTTP Basic sends it along whoever asks. */
  @Test
  void aPasswordThatComesAlongFromAnotherSiteChangesNothing() {
    for (String change : CHANGES.subList(0, 5)) {
      String[] parts = filled(change);
      for (String[] origin :
          new String[][] {
            {"Sec-Fetch-Site", "cross-site"},
            {"Sec-Fetch-Site", "same-site"},
            {"Origin", "http://evil.example"},
            {"Origin", "null"},
            {"Origin", "http://127.0.0.1:1"}
          }) {
        Answer answer =
            http.request(parts[0], parts[1])
                .as(AttackedProgram.OPERATOR, AttackedProgram.PASSWORD)
                .header(origin[0], origin[1])
                .json("{}")
                .send();
        assertThat(refused(answer)).as(change + " " + origin[1] + " " + answer.status()).isTrue();
      }
    }
  }

  @Test
  void noOtherSiteIsToldThatItMayRead() {
    for (String path : List.of("/api/migrations", "/engine-rest/task", ENGINE + "/task")) {
      for (String method : List.of("GET", "OPTIONS")) {
        Answer answer =
            as(AttackedProgram.OPERATOR, method, path)
                .header("Origin", "http://evil.example")
                .header("Access-Control-Request-Method", "GET")
                .send();
        assertThat(answer.header("Access-Control-Allow-Origin")).as(path).isEmpty();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "evil.example",
        "evil.example:80",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "127.0.0.1@evil.example",
        "evil.example#127.0.0.1",
        "2130706433",
        "0x7f.1",
        "0.0.0.0",
        "[::ffff:127.0.0.1]",
        "169.254.169.254",
        "",
        " ",
        "127.0.0.1, evil.example",
        "..",
        "*"
      })
  void aNameThatIsNotOursIsRefusedWhoeverAsks(String host) {
    for (String path :
        List.of(
            "/login", "/actuator/health", "/api/migrations", "/camunda/app/tasklist/default/")) {
      for (String user : new String[] {null, AttackedProgram.OPERATOR}) {
        Answer answer = as(user, "GET", path).host(host).send();
        assertThat(answer.status()).as(host + " " + path).isIn(400, 403, 421);
      }
    }
  }

  @Test
  void whatAProxyWouldSayIsNotBelievedOfAnybodyElse() {
    for (String header :
        List.of("X-Forwarded-Host", "X-Forwarded-Server", "X-Host", "X-Original-Host")) {
      Answer answer = http.request("GET", "/migrations").header(header, "evil.example").send();
      assertThat(answer.head()).as(header).doesNotContain("evil.example");
    }
    Answer answer =
        http.request("GET", "/migrations")
            .header("Forwarded", "host=evil.example;proto=https")
            .send();
    assertThat(answer.head()).doesNotContain("evil.example");
    // Nor does a path that such a header names take the place of the one that is asked for.
    for (String header : List.of("X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Prefix")) {
      assertThat(refused(http.request("GET", "/api/migrations").header(header, "/login").send()))
          .as(header)
          .isTrue();
    }
  }

  @Test
  void twoHostsAreOneTooMany() {
    Answer answer = http.request("GET", "/login").header("Host", "evil.example").send();
    assertThat(answer.status()).isEqualTo(400);
  }

  @Test
  void everyPageForbidsToBeFramedGuessedAndKept() {
    for (String user : new String[] {null, AttackedProgram.OPERATOR}) {
      for (String path :
          List.of(
              "/login",
              "/migrations",
              "/api/migrations",
              "/engine-rest/task",
              "/camunda/app/tasklist/default/",
              "/camunda/app/cockpit/default/",
              ENGINE + "/task",
              "/nothing-there")) {
        Answer answer = as(user, "GET", path).send();
        assertThat(answer.headers("X-Content-Type-Options")).as(path).containsOnly("nosniff");
        assertThat(
                answer.headers("X-Frame-Options").toString()
                    + answer.headers("Content-Security-Policy"))
            .as(path)
            .containsAnyOf("DENY", "frame-ancestors 'none'");
        assertThat(answer.header("Cache-Control").orElse("")).as(path).contains("no-store");
        assertThat(answer.header("Server")).as(path).isEmpty();
      }
    }
  }

  @Test
  void theSessionsCookieIsKeptFromScriptsAndOtherSites() {
    Session session = new Session(http);
    Answer login = session.logIn(AttackedProgram.OPERATOR, AttackedProgram.PASSWORD);
    assertThat(login.headers("Set-Cookie"))
        .anySatisfy(
            cookie ->
                assertThat(cookie)
                    .startsWith("JSESSIONID=")
                    .contains("HttpOnly")
                    .contains("SameSite"));
    assertThat(login.header("Location").orElse("")).doesNotContain("jsessionid");
  }

  /** What a visitor brings before his login is not what he has behind it. */
  @Test
  void aSessionThatSomebodyElseHasBegunIsNotTheOneThatIsLoggedIn() {
    Answer fixed =
        http.request("GET", "/migrations").header("Cookie", "JSESSIONID=0123456789ABCDEF").send();
    assertThat(refused(fixed)).isTrue();
    Session session = new Session(http);
    Answer login = session.logIn(AttackedProgram.OPERATOR, AttackedProgram.PASSWORD);
    assertThat(login.head()).doesNotContain("0123456789ABCDEF");
    assertThat(
            session
                .request("GET", "/api/migrations;jsessionid=" + session.cookie())
                .send()
                .status())
        .isEqualTo(400);
  }

  private String[] filled(String change) {
    return change
        .replaceFirst("/task/%s", "/task/" + program.task())
        .replaceFirst("/migrations/%s", "/migrations/" + program.migration())
        .split(" ", -1);
  }
}
