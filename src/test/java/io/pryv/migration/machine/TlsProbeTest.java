package io.pryv.migration.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.pryv.migration.machine.HttpsProbe.Answer;
import io.pryv.migration.platform.StepFailure;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TlsProbeTest {

  @TempDir static Path directory;
  private static SSLContext serverTls;

  private final HttpsProbe probe = new TlsProbe(Duration.ofSeconds(5));

  @BeforeAll
  static void makeCertificate() throws Exception {
    Path store = directory.resolve("store.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-keyalg",
                "EC",
                "-alias",
                "reg",
                "-dname",
                "CN=*.pryv.lab",
                "-validity",
                "365",
                "-storepass",
                "secret",
                "-keystore",
                store.toString())
            .start();
    assertThat(keytool.waitFor()).isZero();
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, "secret".toCharArray());
    }
    KeyManagerFactory managers = KeyManagerFactory.getInstance("SunX509");
    managers.init(keys, "secret".toCharArray());
    serverTls = SSLContext.getInstance("TLS");
    serverTls.init(managers.getKeyManagers(), null, null);
  }

  @Test
  void asksAnAddressForAnotherHostNameAndTellsTheCertificate() throws Exception {
    HttpsServer server = HttpsServer.create(new InetSocketAddress(loopback(), 0), 5);
    server.setHttpsConfigurator(new HttpsConfigurator(serverTls));
    server.createContext(
        "/",
        exchange -> {
          byte[] body =
              (exchange.getRequestURI()
                      + " "
                      + exchange.getRequestHeaders().getFirst("Host")
                      + " "
                      + exchange.getRequestHeaders().getFirst("X-Probe")
                      + " é")
                  .getBytes(StandardCharsets.UTF_8);
          // A length of 0 means chunks.
          exchange.sendResponseHeaders(
              201, exchange.getRequestURI().getPath().equals("/chunked") ? 0 : body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    try {
      int port = server.getAddress().getPort();
      for (String path : List.of("/wactiv/check_username?probe=1", "/chunked")) {
        Answer answer = probe.get("127.0.0.1", port, "reg.pryv.lab", path, Map.of("X-Probe", "p1"));
        assertThat(answer.status()).isEqualTo(201);
        assertThat(answer.body()).isEqualTo(path + " reg.pryv.lab:" + port + " p1 é");
        assertThat(answer.certificate()).startsWith("CN=*.pryv.lab, valid until 20");
      }
    } finally {
      server.stop(0);
    }
  }

  @Test
  void sendsTheHostNameAsServerName() throws Exception {
    String name =
        serveOnce(
            "HTTP/1.1 200 OK\r\n\r\nuntil the end",
            5,
            port ->
                assertThat(probe.get("127.0.0.1", port, "reg.pryv.lab", "/", Map.of()).body())
                    .isEqualTo("until the end"));
    assertThat(name).isEqualTo("type=host_name (0), value=reg.pryv.lab");
  }

  @Test
  void nobodyButTheServerThatIsKnownIsAskedAtItsAddress() throws Exception {
    TestCertificates made = new TestCertificates(directory).selfSigned("other", "pryv.lab");
    String own = pem();
    serveOnce(
        "HTTP/1.1 200 OK\r\n\r\nhere",
        5,
        port ->
            assertThat(
                    probe
                        .believing("127.0.0.1", made.pem("other") + own)
                        .get("127.0.0.1", port, "reg.pryv.lab", "/", Map.of())
                        .body())
                .isEqualTo("here"));
    HttpsServer server = HttpsServer.create(new InetSocketAddress(loopback(), 0), 5);
    server.setHttpsConfigurator(new HttpsConfigurator(serverTls));
    List<String> asked = new CopyOnWriteArrayList<>();
    server.createContext("/", exchange -> asked.add(exchange.getRequestURI().getPath()));
    server.start();
    try {
      int port = server.getAddress().getPort();
      HttpsProbe believing = probe.believing("127.0.0.1", made.pem("other"));
      assertThatThrownBy(() -> believing.get("127.0.0.1", port, "reg.pryv.lab", "/", Map.of()))
          .isInstanceOf(UntrustedServer.class)
          .hasMessageContaining("reg.pryv.lab at 127.0.0.1:" + port);
      // Known, but not for that name.
      HttpsProbe known = probe.believing("127.0.0.1", own);
      assertThatThrownBy(() -> known.get("127.0.0.1", port, "reg.example.lab", "/", Map.of()))
          .isInstanceOf(UntrustedServer.class)
          .hasMessageContaining("reg.example.lab");
      assertThat(asked).isEmpty();
    } finally {
      server.stop(0);
    }
  }

  @Test
  void whoWasRenewedIsLookedUpOnceMoreInItsFiles() {
    FakeHttps https = new FakeHttps().answers("10.0.0.2", "here").shows("10.0.0.2", "new");
    AtomicInteger reads = new AtomicInteger();
    ServerIdentity old = new ServerIdentity("old", true, List.of(), Instant.EPOCH);
    for (Optional<ServerIdentity> known :
        List.of(Optional.of(old), Optional.<ServerIdentity>empty())) {
      reads.set(0);
      HttpsProbe renewed =
          new KnownServer(
              https,
              "10.0.0.2",
              known,
              () -> {
                reads.incrementAndGet();
                return new ServerIdentity("new", true, List.of(), Instant.EPOCH);
              });
      for (int i = 0; i < 2; i++) {
        assertThat(renewed.get("10.0.0.2", 443, "reg.pryv.lab", "/", Map.of()).body())
            .isEqualTo("here");
      }
      assertThat(reads).hasValue(1);
    }
    HttpsProbe stranger = new KnownServer(https, "10.0.0.2", Optional.of(old), () -> old);
    assertThatThrownBy(() -> stranger.get("10.0.0.2", 443, "reg.pryv.lab", "/", Map.of()))
        .isInstanceOf(UntrustedServer.class);
  }

  private static String pem() throws Exception {
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-exportcert",
                "-rfc",
                "-alias",
                "reg",
                "-storepass",
                "secret",
                "-keystore",
                directory.resolve("store.p12").toString())
            .start();
    String pem = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    assertThat(keytool.waitFor()).isZero();
    return pem;
  }

  @Test
  void anAnswerThatIsCutOffIsNoAnswer() throws Exception {
    for (String answer :
        List.of(
            "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nshort",
            "HTTP/1.1 200 OK\r\nContent-Le",
            "SSH-2.0-OpenSSH\r\n",
            "")) {
      serveOnce(
          answer,
          5,
          port ->
              assertThatThrownBy(() -> probe.get("127.0.0.1", port, "reg.pryv.lab", "/", Map.of()))
                  .isInstanceOf(StepFailure.class)
                  .hasMessageContaining("reg.pryv.lab at 127.0.0.1:" + port));
    }
  }

  @Test
  void aServerThatDripsIsGivenUpAfterOneDeadline() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 5, loopback())) {
      long began = System.nanoTime();
      assertThatThrownBy(
              () ->
                  new TlsProbe(Duration.ofMillis(400))
                      .get("127.0.0.1", silent.getLocalPort(), "reg.pryv.lab", "/", Map.of()))
          .isInstanceOf(StepFailure.class)
          .hasMessageContaining("no whole answer within 400 ms");
      assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(4));
    }
  }

  @Test
  void aClosedPortAndAPlainOneAreTold() throws Exception {
    int closed;
    try (ServerSocket plain = new ServerSocket(0, 5, loopback())) {
      closed = plain.getLocalPort();
      CompletableFuture<Void> answering =
          CompletableFuture.runAsync(
              () -> {
                try (Socket client = plain.accept()) {
                  client
                      .getOutputStream()
                      .write("HTTP/1.1 400 Bad\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                } catch (IOException e) {
                  throw new IllegalStateException(e);
                }
              });
      assertThatThrownBy(() -> probe.get("127.0.0.1", closed, "reg.pryv.lab", "/", Map.of()))
          .isInstanceOf(StepFailure.class);
      answering.join();
    }
    assertThatThrownBy(() -> probe.get("127.0.0.1", closed, "reg.pryv.lab", "/", Map.of()))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("refused");
  }

  @Test
  void nothingCanBeSmuggledIntoARequest() {
    for (String path : List.of("/a b", "/a\r\nX: y")) {
      assertThatThrownBy(() -> probe.get("127.0.0.1", 1, "reg.pryv.lab", path, Map.of()))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(
            () -> probe.get("127.0.0.1", 1, "reg.pryv.lab", "/", Map.of("A", "b\r\nC: d")))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private interface Asking {
    void ask(int port) throws Exception;
  }

  /** Serves one connection by hand; gives the server name that the client asked for. */
  private static String serveOnce(String answer, int backlog, Asking asking) throws Exception {
    try (SSLServerSocket server =
        (SSLServerSocket)
            serverTls.getServerSocketFactory().createServerSocket(0, backlog, loopback())) {
      CompletableFuture<String> serving =
          CompletableFuture.supplyAsync(
              () -> {
                try (SSLSocket client = (SSLSocket) server.accept()) {
                  client.startHandshake();
                  client.getInputStream().read(new byte[1000]);
                  client.getOutputStream().write(answer.getBytes(StandardCharsets.UTF_8));
                  return ((ExtendedSSLSession) client.getSession())
                      .getRequestedServerNames()
                      .get(0)
                      .toString();
                } catch (IOException e) {
                  throw new IllegalStateException(e);
                }
              });
      asking.ask(server.getLocalPort());
      return serving.join();
    }
  }

  private static InetAddress loopback() {
    return InetAddress.getLoopbackAddress();
  }
}
