package io.pryv.lab.traffic;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/** What the command line of {@link Traffic} says. */
record Options(
    InetSocketAddress sourceDns,
    InetSocketAddress resolver,
    boolean throughResolver,
    String domain,
    HttpsConnection.Peer peer,
    String hosting,
    URI core,
    Path out,
    int writers,
    Duration writeInterval,
    Duration probeInterval,
    int keepAlive,
    int users,
    Optional<Duration> duration) {

  static final String HELP =
      """
      Usage: Traffic --out DIR [...]; the defaults are the practice platform's
        --out DIR                   report.json and ledger.tsv go there
        --source-address IP[:PORT]  source; its dns is probed there (10.90.0.11:53)
        --resolver IP[:PORT]        the resolver that clients use (10.90.0.21:53)
        --through resolver|source   how HTTP finds reg.DOMAIN for each new connection (resolver)
        --insecure                  trust any certificate, which is the default
        --ca FILE                   trust this certificate only (PEM), and check the host name
        --domain NAME               the platform's domain (pryv.lab)
        --port N                    of HTTPS (443)
        --hosting NAME              where new users are to live (lab.ch)
        --core URL                  of that hosting's core, which is asked whom it has (http://10.90.0.20:3000/)
        --writers N                 how many create users, each in its own open loop (1)
        --write-interval-ms N       of each writer (100)
        --probe-interval-ms N       of each prober (50)
        --keep-alive N              connections kept open (4)
        --users N                   probes ask for user000001 to this one in turn (200)
        --duration SECONDS          end by itself (at SIGTERM)
      Create DIR/source-retired to stop the direct probes of source's dns.
      """;

  private static final Set<String> SWITCHES = Set.of("--insecure");

  /** Reads the command line; IllegalArgumentException says what is wrong with it. */
  static Options parse(List<String> arguments) throws IOException {
    Map<String, String> given = new HashMap<>();
    Deque<String> left = new ArrayDeque<>(arguments);
    while (!left.isEmpty()) {
      String flag = left.remove();
      if (!HELP.contains("  " + flag + " ") || !flag.startsWith("--")) {
        throw new IllegalArgumentException("Unknown option: " + flag);
      }
      if (!SWITCHES.contains(flag) && left.isEmpty()) {
        throw new IllegalArgumentException("No value for " + flag);
      }
      given.put(flag, SWITCHES.contains(flag) ? "" : left.remove());
    }
    String domain = given.getOrDefault("--domain", "pryv.lab");
    String through = given.getOrDefault("--through", "resolver");
    if (!Set.of("resolver", "source").contains(through)) {
      throw new IllegalArgumentException("--through is resolver or source, not " + through);
    }
    if (given.containsKey("--insecure") && given.containsKey("--ca")) {
      throw new IllegalArgumentException("--insecure and --ca exclude each other");
    }
    SSLContext trust =
        given.containsKey("--ca") ? trustOnly(Path.of(given.get("--ca"))) : trustAll();
    return new Options(
        server(given.getOrDefault("--source-address", "10.90.0.11")),
        server(given.getOrDefault("--resolver", "10.90.0.21")),
        through.equals("resolver"),
        domain,
        new HttpsConnection.Peer(
            "reg." + domain, number(given, "--port", 443), trust, given.containsKey("--ca")),
        given.getOrDefault("--hosting", "lab.ch"),
        URI.create(given.getOrDefault("--core", "http://10.90.0.20:3000/")),
        Path.of(
            Optional.ofNullable(given.get("--out"))
                .orElseThrow(() -> new IllegalArgumentException("--out is needed"))),
        number(given, "--writers", 1),
        Duration.ofMillis(number(given, "--write-interval-ms", 100)),
        Duration.ofMillis(number(given, "--probe-interval-ms", 50)),
        number(given, "--keep-alive", 4),
        number(given, "--users", 200),
        Optional.ofNullable(given.get("--duration"))
            .map(seconds -> Duration.ofSeconds(Long.parseLong(seconds))));
  }

  /** The address behind {@code reg.DOMAIN}, found anew, as each new connection of a client does. */
  InetAddress register(Duration within) throws IOException {
    return throughResolver
        ? UdpQuery.address(resolver, peer.host(), within)
        : sourceDns.getAddress();
  }

  private static int number(Map<String, String> given, String flag, int otherwise) {
    String text = given.getOrDefault(flag, String.valueOf(otherwise));
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(flag + " needs a number, not " + text, e);
    }
  }

  private static InetSocketAddress server(String text) throws UnknownHostException {
    String[] parts = text.split(":", 2);
    return new InetSocketAddress(
        InetAddress.getByName(parts[0]), parts.length == 1 ? 53 : Integer.parseInt(parts[1]));
  }

  private static SSLContext trustOnly(Path certificate) throws IOException {
    try (InputStream in = Files.newInputStream(certificate)) {
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      store.setCertificateEntry(
          "ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(store);
      return context(factory.getTrustManagers());
    } catch (GeneralSecurityException e) {
      throw new IOException("Cannot trust " + certificate, e);
    }
  }

  /** Certificates of the practice platform are signed by nobody; this is never used elsewhere. */
  private static SSLContext trustAll() throws IOException {
    try {
      return context(new TrustManager[] {new TrustAll()});
    } catch (GeneralSecurityException e) {
      throw new IOException(e);
    }
  }

  private static SSLContext context(TrustManager[] trust) throws GeneralSecurityException {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust, null);
    return context;
  }

  private static final class TrustAll extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
