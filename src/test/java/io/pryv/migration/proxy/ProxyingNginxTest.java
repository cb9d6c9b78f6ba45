package io.pryv.migration.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.pryv.lab.standin.FreePort;
import io.pryv.migration.machine.ServerIdentity;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.util.FileSystemUtils;

/**
 * Two real nginx: source's with an edited site file, and dest's, whose first block knows no API.
 */
class ProxyingNginxTest {

  private static final String DEST = "203.0.113.12";

  private static final String SITE =
      """
      upstream register_server {
        server 127.0.0.1:1 max_fails=3 fail_timeout=30s;
      }
      server {
        listen %d ssl;
        server_name reg.pryv.lab access.pryv.lab;
        location / {
          proxy_pass http://register_server;
        }
      }
      """;

  private static final String SITE_OF_DEST =
      """
      server {
        listen %d ssl;
        server_name mail.pryv.lab;
        location /sendmail/ { return 200 "mail"; }
      }
      server {
        listen %1$d ssl;
        server_name reg.pryv.lab access.pryv.lab;
        location / {
          return 200 "dest as $host, SNI $ssl_server_name, $http_x_forwarded_proto for $http_x_real_ip";
        }
      }
      """;

  @TempDir static Path certificate;
  @TempDir Path directory;
  private final List<Process> running = new ArrayList<>();
  private int source;
  private int dest;

  @BeforeAll
  static void makeCertificate() throws Exception {
    run(
        certificate,
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        "key",
        "-out",
        "crt",
        "-days",
        "2",
        "-subj",
        "/CN=*.pryv.lab");
  }

  @BeforeEach
  void startDest() throws Exception {
    source = FreePort.next();
    dest = FreePort.next();
    start("dest", SITE_OF_DEST.formatted(dest), dest);
  }

  @AfterEach
  void stop() throws InterruptedException {
    for (Process nginx : running) {
      nginx.destroy();
      // One without workers waits for their end for ever.
      if (!nginx.waitFor(10, TimeUnit.SECONDS)) {
        nginx.destroyForcibly().waitFor();
      }
    }
  }

  @Test
  void destAnswersUnderTheHostNameThatTheClientAskedFor() throws Exception {
    startSource(NginxSite.parse(SITE.formatted(source)).proxyTo(DEST));

    assertThat(get("reg.pryv.lab"))
        .isEqualTo("200 dest as reg.pryv.lab, SNI reg.pryv.lab, https for 127.0.0.1");
    // A resumed TLS session keeps the name it began with; the block is chosen by Host.
    assertThat(get("access.pryv.lab")).startsWith("200 dest as access.pryv.lab, ");
  }

  @Test
  void theProceduresEditToTheLetterIsAnsweredByTheWrongBlock() throws Exception {
    startSource(
        SITE.formatted(source)
            .replace("127.0.0.1:1 max_fails=3 fail_timeout=30s", DEST + ":443")
            .replace("http://register_server", "https://register_server"));

    assertThat(get("reg.pryv.lab")).startsWith("404 ");
  }

  @Test
  void anIncludedHostHeaderIsNotSentASecondTime() throws Exception {
    String params = "proxy_set_header Host $http_host;\n";
    Path included = Files.writeString(directory.resolve("proxy_params"), params);
    String site =
        SITE.formatted(source)
            .replace("proxy_pass http:", "include " + included + "; proxy_pass http:");
    NginxTree tree = new NginxTree(Map.of("/site.conf", site, included.toString(), params));

    startSource(NginxSite.parse(site, tree, "/site.conf").proxyTo(DEST));

    assertThat(get("reg.pryv.lab")).startsWith("200 dest as reg.pryv.lab, ");
  }

  /** What source's register answers, and dest's, which tells what it was asked. */
  private static HttpServer register(Function<HttpExchange, Integer> status) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          byte[] body =
              (exchange.getRequestMethod()
                      + " "
                      + exchange.getRequestURI()
                      + " "
                      + new String(
                          exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8))
                  .getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(
              status.apply(exchange),
              exchange.getRequestMethod().equals("HEAD") ? -1 : body.length);
          if (!exchange.getRequestMethod().equals("HEAD")) {
            exchange.getResponseBody().write(body);
          }
          exchange.close();
        });
    server.start();
    return server;
  }

  @ParameterizedTest
  @CsvSource({
    // Asked again, by the method and with the body that the client sent.
    "POST, /users, 500, 201, POST /users BODY",
    "PUT, /users/x, 500, 201, PUT /users/x BODY",
    "GET, /wactiv/server?x=1, 500, 201, GET /wactiv/server?x=1 BODY",
    "GET, /wactiv/server, 502, 201, GET /wactiv/server BODY",
    "GET, /wactiv/server, 503, 201, GET /wactiv/server BODY",
    "GET, /wactiv/server, 504, 201, GET /wactiv/server BODY",
    // Never asked again: it may have been taken, or a core knows the user already.
    "POST, /users, 502, 502, 502 Bad Gateway",
    "POST, /users, 503, 502, 502 Bad Gateway",
    "POST, /users, 504, 502, 502 Bad Gateway",
    "POST, /user, 500, 500, 500 Internal Server Error",
    "POST, /User/, 500, 500, 500 Internal Server Error",
    "POST, /user, 504, 502, 502 Bad Gateway",
    // Source's own answers, good or bad, are passed on as they are.
    "POST, /users, 400, 400, POST /users BODY",
    "GET, /wactiv/server, 404, 404, GET /wactiv/server BODY",
    "GET, /wactiv/server, 200, 200, GET /wactiv/server BODY"
  })
  void whatSourceRefusesIsAskedOfDestWhereThatIsSafe(
      String method, String uri, int atSource, int status, String answer) throws Exception {
    HttpServer own = register(request -> atSource);
    HttpServer onDest = register(request -> 201);
    try {
      startRetrying(own, onDest);
      String body = "{\"username\": \"newcomer\", \"password\": \"secret\"}";

      String got = send(method, "reg.pryv.lab", uri, body);

      assertThat(got).startsWith(status + " ").contains(answer.replace("BODY", body));
      assertFailures(
          status < 500
              ? ""
              : "127.0.0.1 %s %s %d newcomer%n"
                  .formatted(method, uri.replaceFirst("\\?.*", ""), status));
    } finally {
      own.stop(0);
      onDest.stop(0);
    }
  }

  /** nginx answers first and writes down then. */
  private void assertFailures(String expected) {
    Awaitility.await().untilAsserted(() -> assertThat(failures()).isEqualTo(expected));
  }

  @Test
  void namesTheUserOfAFormAndNothingElseOfIt() throws Exception {
    HttpServer own = register(request -> 500);
    HttpServer onDest = register(request -> 201);
    try {
      startRetrying(own, onDest);
      send("POST", "reg.pryv.lab", "/user", "password=secret&username=newcomer&email=a@b.c");
      assertFailures("127.0.0.1 POST /user 500 newcomer\n");
    } finally {
      own.stop(0);
      onDest.stop(0);
    }
  }

  @Test
  void aReadIsAskedOfDestWhenSourcesRegisterIsGone() throws Exception {
    HttpServer own = register(request -> 200);
    HttpServer onDest = register(request -> 201);
    own.stop(0);
    try {
      startRetrying(own, onDest);
      assertThat(send("GET", "reg.pryv.lab", "/wactiv/server", "")).startsWith("201 ");
      assertThat(send("POST", "reg.pryv.lab", "/users", "x")).startsWith("502 ");
    } finally {
      onDest.stop(0);
    }
  }

  /** As many as fit into the queues, and one more; the file that tells where they go, then. */
  @ParameterizedTest
  @CsvSource({
    // What waited is answered by dest.
    "/user, moved, 201",
    "/Users/?x=1, moved, 201",
    "/reg/user, moved, 201",
    // By source, when nothing came of it.
    "/user, none, 200",
    "/users, none, 200"
  })
  void whatCreatesAUserWaitsAndGoesOnOnceAsAFileSays(String uri, String file, int status)
      throws Exception {
    HttpServer own = register(request -> 200);
    HttpServer onDest = register(request -> 201);
    Path hold = Files.createTempDirectory("hold-");
    Files.setPosixFilePermissions(hold, PosixFilePermissions.fromString("rwx--x--x"));
    HoldText text = new HoldText(hold.toString(), Duration.ofSeconds(20));
    try {
      startRetrying(own, onDest, Optional.of(text));
      assertThat(send("POST", "reg.pryv.lab", uri, "x")).startsWith("200 ");

      Process holder = startHolder(text, hold);
      CompletableFuture<String> waiting =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return send("POST", "reg.pryv.lab", uri, "BODY");
                } catch (Exception e) {
                  throw new CompletionException(e);
                }
              });
      // Nobody else waits.
      assertThat(send("GET", "reg.pryv.lab", uri, "")).startsWith("200 ");
      assertThat(send("POST", "reg.pryv.lab", "/other", "x")).startsWith("200 ");
      assertThat(waiting).isNotDone();
      Files.createFile(hold.resolve("fenced"));
      if (file.equals("none")) {
        Files.delete(hold.resolve("fenced"));
      } else {
        Files.createFile(hold.resolve(file));
      }
      holder.destroyForcibly().waitFor();

      assertThat(waiting.get(10, TimeUnit.SECONDS)).isEqualTo(status + " POST " + uri + " BODY");
      // All others are led there, too, without a reload.
      assertThat(send("GET", "reg.pryv.lab", "/wactiv/server", "")).startsWith(status + " ");
    } finally {
      own.stop(0);
      onDest.stop(0);
      FileSystemUtils.deleteRecursively(hold);
    }
  }

  @Test
  void whatFindsNoRoomOrWaitsForTooLongIsToldToComeBackAndReachesNoRegister() throws Exception {
    HttpServer own = register(request -> 200);
    HttpServer onDest = register(request -> 201);
    Path hold = Files.createTempDirectory("hold-");
    Files.setPosixFilePermissions(hold, PosixFilePermissions.fromString("rwx--x--x"));
    HoldText text = new HoldText(hold.toString(), Duration.ofSeconds(1));
    try {
      startRetrying(own, onDest, Optional.of(text));
      startHolder(text, hold);
      Files.createFile(hold.resolve("fenced"));

      assertThat(
              run(
                  directory,
                  "curl",
                  "-ski",
                  "-d",
                  "x",
                  "--resolve",
                  "reg.pryv.lab:" + source + ":127.0.0.1",
                  "https://reg.pryv.lab:" + source + "/user"))
          .startsWith("HTTP/1.1 503 ")
          .containsPattern("(?m)^Retry-After: 5\\r?$");
      running.remove(running.size() - 1).destroyForcibly().waitFor();
      assertThat(send("POST", "reg.pryv.lab", "/user", "x")).startsWith("503 ");
    } finally {
      own.stop(0);
      onDest.stop(0);
      FileSystemUtils.deleteRecursively(hold);
    }
  }

  private Process startHolder(HoldText text, Path hold) throws Exception {
    Path conf = Files.writeString(hold.resolve("conf"), text.configuration(2));
    Process holder = new ProcessBuilder("nginx", "-c", conf.toString()).start();
    running.add(holder);
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> Files.exists(hold.resolve("3")) && Files.exists(hold.resolve("pid")));
    return holder;
  }

  private void startRetrying(HttpServer own, HttpServer onDest) throws Exception {
    startRetrying(own, onDest, Optional.empty());
  }

  private void startRetrying(HttpServer own, HttpServer onDest, Optional<HoldText> hold)
      throws Exception {
    int retrying = FreePort.next();
    start(
        "register-of-dest",
        """
        server {
          listen %d ssl;
          server_name reg.pryv.lab;
          location / { proxy_pass http://127.0.0.1:%d; }
        }
        """
            .formatted(retrying, onDest.getAddress().getPort()),
        retrying);
    String site =
        NginxSite.parse(
                SITE.formatted(source)
                    .replace("127.0.0.1:1 ", "127.0.0.1:" + own.getAddress().getPort() + " "))
            .untilMoved(DEST, Optional.of(directory.resolve("failures.log").toString()), hold);
    startSource(site, retrying);
  }

  /** The log of failures without its times. */
  private String failures() throws IOException {
    return Files.readString(directory.resolve("failures.log")).replaceAll("(?m)^[0-9.]+ ", "");
  }

  private void startSource(String site) throws Exception {
    startSource(site, dest);
  }

  private void startSource(String site, int destPort) throws Exception {
    assertThat(site).contains(DEST + ":443");
    start(
        "source",
        site.replace(DEST + ":443", "127.0.0.1:" + destPort)
            .replace(ServerIdentity.fileInside(DEST), certificate.resolve("crt").toString()),
        source);
  }

  private void start(String name, String site, int port) throws Exception {
    Path home = Files.createDirectory(directory.resolve(name));
    Files.writeString(home.resolve("site.conf"), site);
    Path conf =
        Files.writeString(
            home.resolve("nginx.conf"),
            """
            daemon off;
            pid %1$s/pid;
            error_log %1$s/error.log;
            events {}
            http {
              access_log off;
              client_body_temp_path %1$s/b; proxy_temp_path %1$s/p; fastcgi_temp_path %1$s/f;
              uwsgi_temp_path %1$s/u; scgi_temp_path %1$s/s;
              ssl_certificate %2$s/crt;
              ssl_certificate_key %2$s/key;
              include %1$s/site.conf;
            }
            """
                .formatted(home, certificate));
    running.add(
        new ProcessBuilder("nginx", "-c", conf.toString())
            .redirectErrorStream(true)
            .redirectOutput(home.resolve("output").toFile())
            .start());
    awaitPort(port);
  }

  private static void awaitPort(int port) {
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (System.nanoTime() < deadline) {
      try (Socket socket = new Socket()) {
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
        return;
      } catch (IOException notYet) {
        LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
      }
    }
    throw new AssertionError("nginx does not listen on port " + port);
  }

  private String get(String host) throws Exception {
    return send("GET", host, "/wactiv/check_username", "");
  }

  private String send(String method, String host, String uri, String body) throws Exception {
    String answer =
        run(
            directory,
            "curl",
            "-sk",
            "-X",
            method,
            "-d",
            body,
            "-m",
            "10",
            "-w",
            "\n%{http_code}",
            "--resolve",
            host + ":" + source + ":127.0.0.1",
            "https://" + host + ":" + source + uri);
    int end = answer.lastIndexOf('\n');
    return answer.substring(end + 1) + " " + answer.substring(0, end);
  }

  private static String run(Path directory, String... command) throws Exception {
    Process process =
        new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }
}
