package io.pryv.migration.process;

import static io.pryv.migration.process.RawHttp.get;
import static io.pryv.migration.process.RawHttp.status;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.web.server.LocalServerPort;

/** Requests that are foreign, too large or too slow, whoever sends them. */
class RequestTest extends EngineTest {

  /** A call with a body that programs may make; there is no such migration. */
  private static final String ROLL_BACK = "/api/migrations/nope/rollback";

  private static final String COUNT = "/camunda/api/engine/engine/default/task/count";

  @LocalServerPort int port;

  private Browser loggedIn() throws Exception {
    Browser browser = new Browser(port);
    browser.logIn("admin", PASSWORD);
    return browser;
  }

  @Test
  void aSessionChangesNothingWithoutItsToken() throws Exception {
    Browser browser = loggedIn();
    browser.get("/migrations");

    assertThat(rollBack(browser, "").statusCode()).isEqualTo(403);
    assertThat(rollBack(browser, "00000000-0000-0000-0000-000000000000").statusCode())
        .isEqualTo(403);
    HttpResponse<String> passed = rollBack(browser, browser.token());
    assertThat(passed.statusCode()).as(passed.body()).isEqualTo(404);
  }

  private static HttpResponse<String> rollBack(Browser browser, String token) throws Exception {
    return browser.send(
        browser
            .request(ROLL_BACK)
            .header("Content-Type", "application/json")
            .header("X-XSRF-TOKEN", token)
            .POST(BodyPublishers.ofString("{}")));
  }

  @Test
  void anotherSitesPageIsRefusedWithASessionAndWithAPassword() throws Exception {
    Browser browser = loggedIn();
    browser.get("/migrations");

    assertThat(
            browser
                .send(
                    browser
                        .request(COUNT)
                        .header("Sec-Fetch-Site", "cross-site")
                        .header("X-XSRF-TOKEN", browser.token())
                        .POST(BodyPublishers.ofString("{}")))
                .statusCode())
        .isEqualTo(403);
    assertThat(
            status(
                RawHttp.send(
                    "127.0.0.1",
                    port,
                    get("/api/migrations", "admin", PASSWORD)
                        .replace("Connection:", "Origin: http://evil.example\r\nConnection:"))))
        .isEqualTo(403);
  }

  @ParameterizedTest
  @ValueSource(strings = {"rebound.example", "rebound.example:80", "localhost.rebound.example", ""})
  void aForeignHostIsRefused(String host) throws Exception {
    String request = get("/api/migrations", "admin", PASSWORD).replace("localhost", host);

    assertThat(status(RawHttp.send("127.0.0.1", port, request))).isEqualTo(400);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=b",
        "text/plain",
        "application/octet-stream"
      })
  void aBodyOfMoreThanAMegabyteIsRefusedAtEveryPath(String type) throws Exception {
    for (String path : List.of("/login", COUNT, "/engine-rest/task", "/api/migrations", "/x")) {
      String head =
          "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + type + "\r\n";

      assertThat(RawHttp.send("127.0.0.1", port, head + "Content-Length: 1048577\r\n\r\nx"))
          .as(path)
          .startsWith("HTTP/1.1 413 ");
      try (Socket socket = RawHttp.connect("127.0.0.1", port)) {
        socket
            .getOutputStream()
            .write((head + "Transfer-Encoding: chunked\r\n\r\n").getBytes(StandardCharsets.UTF_8));
        byte[] chunk = ("10000\r\n" + "x".repeat(65536) + "\r\n").getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < 16; i++) {
          socket.getOutputStream().write(chunk);
        }
        socket.getOutputStream().write("1\r\nx\r\n".getBytes(StandardCharsets.UTF_8));
        assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
            .as(path)
            .startsWith("HTTP/1.1 413 ");
      }
    }
  }

  @Test
  void aBodyInChunksIsReadAsAnyOther() throws Exception {
    String answer =
        RawHttp.send(
            "127.0.0.1",
            port,
            get(ROLL_BACK, "admin", PASSWORD)
                    .replace("GET", "POST")
                    .replace(
                        "\r\n\r\n",
                        "\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
                + "1\r\n{\r\n1\r\n}\r\n0\r\n\r\n");

    assertThat(answer).as("400, were it not read").startsWith("HTTP/1.1 404 ");
  }

  @Test
  void aClientThatAsksBeforeItSendsIsToldToSendOrThatItNeedNot() throws Exception {
    String asks =
        get(ROLL_BACK, "admin", PASSWORD)
            .replace("GET", "POST")
            .replace("\r\n\r\n", "\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n");
    try (Socket socket = RawHttp.connect("127.0.0.1", port)) {
      socket
          .getOutputStream()
          .write((asks + "Content-Length: 2\r\n\r\n").getBytes(StandardCharsets.UTF_8));
      byte[] told = socket.getInputStream().readNBytes("HTTP/1.1 100 \r\n\r\n".length());
      assertThat(new String(told, StandardCharsets.UTF_8)).startsWith("HTTP/1.1 100");
      socket.getOutputStream().write("{}".getBytes(StandardCharsets.UTF_8));

      assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
          .contains("HTTP/1.1 404 ");
    }
    assertThat(RawHttp.send("127.0.0.1", port, asks + "Content-Length: 9999999\r\n\r\n"))
        .startsWith("HTTP/1.1 413 ");
  }

  /** One request right behind another on the same connection keeps its own body and place. */
  @Test
  void theNextRequestOfAConnectionBeginsWhereTheBodyEnds() throws Exception {
    String first =
        get(ROLL_BACK, "admin", PASSWORD)
            .replace("GET", "POST")
            .replace("Connection: close", "Content-Type: application/json\r\nContent-Length: 2");

    String answers =
        RawHttp.send(
            "127.0.0.1", port, first + "{}" + get("/api/migrations/nope", "admin", PASSWORD));

    assertThat(answers).startsWith("HTTP/1.1 404 ");
    assertThat(answers.split("HTTP/1\\.1 404 ", -1)).as("both are answered").hasSize(3);
  }

  @Test
  void clientsThatDripTheirBodiesDoNotKeepPagesFromOthers() throws Exception {
    List<Socket> dripping = new ArrayList<>();
    try {
      for (int i = 0; i < 230; i++) {
        Socket socket = RawHttp.connect("127.0.0." + (20 + i % 10), port);
        dripping.add(socket);
        socket
            .getOutputStream()
            .write(
                "POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nx"
                    .getBytes(StandardCharsets.UTF_8));
      }

      for (int i = 0; i < 5; i++) {
        Instant asked = Instant.now();
        assertThat(
                status(RawHttp.send("127.0.0.1", port, get("/api/migrations", "admin", PASSWORD))))
            .isEqualTo(200);
        assertThat(Duration.between(asked, Instant.now())).isLessThan(Duration.ofSeconds(3));
      }
      String change =
          get(ROLL_BACK, "admin", PASSWORD)
                  .replace("GET", "POST")
                  .replace(
                      "\r\n\r\n", "\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n")
              + "{}";
      assertThat(status(RawHttp.send("127.0.0.1", port, change))).isEqualTo(404);
      // Nobody's drip lasts: each connection is ended, with or without an answer.
      await()
          .atMost(Duration.ofSeconds(60))
          .until(
              () -> {
                for (Socket socket : dripping) {
                  socket.setSoTimeout(100);
                  try {
                    while (socket.getInputStream().read() >= 0) {}
                  } catch (java.net.SocketTimeoutException open) {
                    return false;
                  } catch (java.io.IOException reset) {
                    // Ended as well.
                  }
                }
                return true;
              });
    } finally {
      for (Socket socket : dripping) {
        socket.close();
      }
    }
  }

  @Test
  void everyAnswerForbidsFramesSniffingAndCopies() throws Exception {
    Browser browser = loggedIn();

    for (String path :
        List.of(
            "/login",
            "/login.css",
            "/migrations",
            "/api/migrations",
            "/camunda/app/tasklist/default/",
            "/camunda/app/cockpit/default/",
            COUNT,
            "/engine-rest/task",
            "/nothing/here")) {
      HttpResponse<String> answer = browser.get(path);
      assertThat(answer.headers().firstValue("Content-Security-Policy").orElse(""))
          .as(path)
          .contains("frame-ancestors 'none'");
      assertThat(answer.headers().firstValue("X-Content-Type-Options"))
          .as(path)
          .hasValue("nosniff");
      assertThat(answer.headers().firstValue("Cache-Control").orElse(""))
          .as(path)
          .contains("no-store");
    }
  }

  @Test
  void theSessionsCookieIsHiddenFromScriptsAndStaysOnOurSite() throws Exception {
    Browser browser = new Browser(port);
    browser.get("/login");
    HttpResponse<String> answer =
        browser.send(
            browser
                .request("/login")
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(
                    BodyPublishers.ofString(
                        "username=admin&password="
                            + PASSWORD.replace(" ", "+")
                            + "&_csrf="
                            + browser.token())));

    assertThat(answer.headers().allValues("Set-Cookie"))
        .anySatisfy(
            cookie ->
                assertThat(cookie).startsWith("JSESSIONID=").contains("HttpOnly", "SameSite=Lax"));
  }
}
