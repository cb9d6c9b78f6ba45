package io.pryv.lab.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.pryv.lab.standin.CoreServer;
import io.pryv.lab.standin.RedisLink;
import io.pryv.lab.standin.RedisProcess;
import io.pryv.lab.standin.RegisterConfig;
import io.pryv.lab.standin.RegisterServer;
import io.pryv.lab.standin.SmallRegister;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The probers against a whole platform in this process: TLS in front, register, dns, Redis. */
class TrafficTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  @TempDir Path directory;
  private RedisProcess redis;
  private RedisLink link;
  private RegisterServer register;
  private CoreServer core;
  private HttpsServer front;
  private ExecutorService frontThreads;
  private Traffic traffic;

  @BeforeEach
  void start() throws Exception {
    redis = RedisProcess.start();
    link = new RedisLink("127.0.0.1", redis.port());
    for (String name : List.of("user000001", "user000002")) {
      link.send("SET", name + ":users", "here").get();
      link.send("SET", name + ":server", "core1.pryv.lab").get();
    }
    core = new CoreServer(new CoreServer.Config(0, "core1", 0));
    core.start();
    register =
        new RegisterServer(
            RegisterConfig.parse(
                SmallRegister.json(0, 0, redis.port(), core.port(), "\"separateBuffers\":true")));
    register.start();
    front = front();
    traffic =
        new Traffic(
            Options.parse(
                List.of(
                    "--source-address",
                    "127.0.0.1:" + register.dnsPort(),
                    "--resolver",
                    "127.0.0.1:" + register.dnsPort(),
                    "--insecure",
                    "--out",
                    directory.resolve("out").toString(),
                    "--port",
                    String.valueOf(front.getAddress().getPort()),
                    "--hosting",
                    SmallRegister.HOSTING,
                    "--core",
                    "http://127.0.0.1:" + core.port() + "/",
                    "--users",
                    "2")));
  }

  @AfterEach
  void stop() {
    front.stop(0);
    frontThreads.shutdownNow();
    register.close();
    core.close();
    link.close();
    redis.close();
  }

  @Test
  void findsNothingWrongOnAHealthyPlatformAndEveryWriteAgain() throws Exception {
    traffic.start();
    await(() -> ledgerLines() >= 10);
    JsonNode report = report();

    assertThat(report.at("/http/probes").asInt()).isGreaterThan(10);
    assertThat(report.at("/http/outageMs").asDouble()).isZero();
    assertThat(report.at("/http/latencyMs/p50").asDouble()).isPositive();
    assertThat(report.at("/keepAlive/requests").asInt()).isPositive();
    assertThat(report.at("/keepAlive/unanswered").asInt()).isZero();
    assertThat(report.at("/dns/failures").asInt()).isZero();
    assertThat(report.at("/dnsResolver/failures").asInt()).isZero();
    assertThat(report.at("/writes/outageMs").asDouble()).isZero();
    assertThat(report.at("/writes/redisRunIds")).hasSize(1);
    CheckLedger.Result all = CheckLedger.check(ledger(), link);
    assertThat(all.acknowledged()).isEqualTo(report.at("/writes/acknowledged").asInt());
    assertThat(all.lostNames()).isEmpty();
  }

  @Test
  void aProberThatIsLateSeesThatItsConnectionWasClosed() throws Exception {
    HttpsConnection.Peer peer =
        Options.parse(List.of("--out", ".", "--port", String.valueOf(front.getAddress().getPort())))
            .peer();
    try (HttpsConnection connection =
        HttpsConnection.open(InetAddress.getLoopbackAddress(), peer, Duration.ofSeconds(5))) {
      Duration late = Duration.ofSeconds(-1);
      assertThat(connection.exchange("GET /", "", "", Duration.ofSeconds(5)).status()).isPositive();
      assertThat(connection.closedWithin(late)).isFalse();
      front.stop(0);
      await(() -> connection.closedWithin(late));
    }
  }

  @Test
  void namesWritesThatAreNotThereAnyMore() throws Exception {
    traffic.start();
    await(() -> ledgerLines() >= 2);
    report();
    String name = Files.readAllLines(ledger()).get(0).split("\t", -1)[0];
    link.send("DEL", name + ":server").get();

    assertThat(CheckLedger.check(ledger(), link).lostNames()).containsExactly(name);
  }

  @Test
  void measuresAFenceAsAnOutageOfWritesOnly() throws Exception {
    traffic.start();
    await(() -> ledgerLines() >= 2);
    link.send("CONFIG", "SET", "min-replicas-to-write", "9").get();
    await(() -> traffic.writers().refused.get() >= 3);
    link.send("CONFIG", "SET", "min-replicas-to-write", "0").get();
    long before = ledgerLines();
    await(() -> ledgerLines() > before);
    JsonNode report = report();

    assertThat(report.at("/writes/outageMs").asDouble()).isBetween(200.0, 10_000.0);
    assertThat(report.at("/writes/windows/0/reasons").has("status 500")).isTrue();
    assertThat(report.at("/writes/halfCreated").asInt())
        .as("the core has each of them")
        .isEqualTo(report.at("/writes/refused").asInt());
    assertThat(report.at("/writes/withoutRunId").asInt()).isZero();
    assertThat(report.at("/http/outageMs").asDouble()).isZero();
  }

  @Test
  void saysSoWhenNobodyCanTellWhoIsHalfCreated() throws Exception {
    traffic.start();
    await(() -> ledgerLines() >= 2);
    link.send("CONFIG", "SET", "min-replicas-to-write", "9").get();
    await(() -> traffic.writers().refused.get() >= 3);
    link.send("CONFIG", "SET", "min-replicas-to-write", "0").get();
    core.close();
    JsonNode unknown = report();
    assertThat(unknown.at("/writes/halfCreated").isNull()).isTrue();
    assertThat(unknown.at("/writes/halfCreatedUnknown").asText()).isNotEmpty();
  }

  @Test
  void answersWithoutTheHeaderOfOurStandInAreCounted() throws Exception {
    int dns = register.dnsPort();
    register.close();
    register =
        new RegisterServer(
            RegisterConfig.parse(
                SmallRegister.json(
                    0,
                    dns,
                    redis.port(),
                    core.port(),
                    "\"separateBuffers\":true,\"anonymous\":true")));
    register.start();
    traffic.start();
    await(() -> ledgerLines() >= 2);
    JsonNode report = report();
    assertThat(report.at("/writes/withoutRunId").asInt())
        .isEqualTo(report.at("/writes/acknowledged").asInt());
  }

  @Test
  void countsAFreeNameForAKnownUserAsAWrongAnswer() throws Exception {
    link.send("DEL", "user000001:users", "user000002:users").get();
    traffic.start();
    await(() -> traffic.probers().http.probes().size() >= 3);
    JsonNode report = report();

    assertThat(report.at("/http/wrongAnswers").asInt()).isPositive();
    assertThat(report.at("/http/windows/0/kind").asText()).isEqualTo("wrong");
    assertThat(report.at("/http/windows/0/open").asBoolean()).isTrue();
  }

  @Test
  void stopsProbingASourceThatIsRetired() throws Exception {
    traffic.start();
    await(() -> traffic.probers().dns.probes().size() >= 2);
    Files.createFile(directory.resolve("out/source-retired"));
    await(() -> traffic.probers().sourceRetired.get() != null);
    JsonNode report = report();

    assertThat(report.at("/dns/stoppedAt").isTextual()).isTrue();
    assertThat(report.at("/dns/failures").asInt()).isZero();
  }

  private static void await(Callable<Boolean> condition) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(20))
        .until(condition);
  }

  private Path ledger() {
    return directory.resolve("out/ledger.tsv");
  }

  private long ledgerLines() throws IOException {
    return Files.readAllLines(ledger()).size();
  }

  private JsonNode report() throws IOException {
    Path file = directory.resolve("out/report.json");
    traffic.stop().write(file);
    return JSON.readTree(file.toFile());
  }

  /** What nginx does on the real platform: TLS, and all the rest is the register's. */
  private HttpsServer front() throws Exception {
    System.setProperty("sun.net.httpserver.nodelay", "true");
    HttpsServer server =
        HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 100);
    server.setHttpsConfigurator(new HttpsConfigurator(selfSigned()));
    frontThreads = Executors.newCachedThreadPool();
    server.setExecutor(frontThreads);
    server.createContext("/", this::forward);
    server.start();
    return server;
  }

  private void forward(HttpExchange exchange) throws IOException {
    try (exchange) {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(
                  URI.create(
                      "http://127.0.0.1:" + register.port() + exchange.getRequestURI().getPath()))
              .method(
                  exchange.getRequestMethod(),
                  HttpRequest.BodyPublishers.ofByteArray(exchange.getRequestBody().readAllBytes()));
      String key = exchange.getRequestHeaders().getFirst("Authorization");
      if (key != null) {
        request.header("Authorization", key);
      }
      HttpResponse<byte[]> answer =
          CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
      answer
          .headers()
          .firstValue(RegisterServer.RUN_ID)
          .ifPresent(id -> exchange.getResponseHeaders().set(RegisterServer.RUN_ID, id));
      exchange.sendResponseHeaders(answer.statusCode(), answer.body().length);
      exchange.getResponseBody().write(answer.body());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private SSLContext selfSigned() throws Exception {
    Path file = directory.resolve("key.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-keyalg",
                "EC",
                "-alias",
                "lab",
                "-dname",
                "CN=*.pryv.lab",
                "-storetype",
                "PKCS12",
                "-storepass",
                "password",
                "-keystore",
                file.toString())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("keytool.log").toFile())
            .start();
    assertThat(keytool.waitFor()).isZero();
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(file)) {
      store.load(in, "password".toCharArray());
    }
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, "password".toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    return context;
  }
}
