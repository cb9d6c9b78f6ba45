package io.pryv.migration.machine;

import io.pryv.migration.platform.StepFailure;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Speaks HTTP/1.1 over a TLS socket of its own for each question: Java's HTTP clients connect only
 * to the address that the host name resolves to, and that is just what a migration changes.
 */
public final class TlsProbe implements HttpsProbe {

  private static final int LARGEST_BODY = 4 << 20;
  private static final int LONGEST_LINE = 16 << 10;

  private final Duration timeout;
  private final SSLContext tls;
  private final Map<String, SSLContext> believing;
  private final ScheduledThreadPoolExecutor watch;

  /**
   * A probe that gives each question so long, from connecting to the last byte.
   *
   * @param timeout of a whole question
   */
  public TlsProbe(Duration timeout) {
    this.timeout = timeout;
    this.believing = Map.of();
    tls = context(new Reporting());
    watch =
        new ScheduledThreadPoolExecutor(
            1,
            work -> {
              Thread thread = new Thread(work, "https-timeouts");
              thread.setDaemon(true);
              return thread;
            });
    watch.setRemoveOnCancelPolicy(true);
  }

  private TlsProbe(TlsProbe other, Map<String, SSLContext> believing) {
    this.timeout = other.timeout;
    this.tls = other.tls;
    this.believing = believing;
    this.watch = other.watch;
  }

  private static SSLContext context(TrustManager... trust) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust, new SecureRandom());
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Every Java speaks TLS", e);
    }
  }

  @Override
  public HttpsProbe believing(String address, String anchors) {
    Map<String, SSLContext> more = new HashMap<>(believing);
    try {
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      for (X509Certificate anchor : ServerIdentity.parse(anchors)) {
        store.setCertificateEntry("anchor-" + store.size(), anchor);
      }
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(store);
      more.put(address, context(factory.getTrustManagers()));
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException("a store in memory takes certificates", e);
    }
    return new TlsProbe(this, Map.copyOf(more));
  }

  @Override
  public Answer get(
      String address, int port, String hostName, String path, Map<String, String> headers) {
    String request = request(hostName, port, path, headers);
    try (Socket plain = new Socket()) {
      // One deadline for everything: a socket's own timeout would count for each read anew.
      AtomicBoolean late = new AtomicBoolean();
      ScheduledFuture<?> deadline =
          watch.schedule(
              () -> {
                late.set(true);
                closeQuietly(plain);
              },
              timeout.toMillis(),
              TimeUnit.MILLISECONDS);
      try {
        plain.setTcpNoDelay(true);
        plain.connect(
            new InetSocketAddress(InetAddress.getAllByName(address)[0], port),
            (int) timeout.toMillis());
        return ask(plain, hostName, port, request, Optional.ofNullable(believing.get(address)));
      } catch (Refused e) {
        throw new UntrustedServer(
            hostName + " at " + address + ":" + port, "GET " + path, e.getMessage(), e);
      } catch (IOException e) {
        if (late.get()) {
          throw new IOException("no whole answer within " + timeout.toMillis() + " ms", e);
        }
        throw e;
      } finally {
        deadline.cancel(false);
      }
    } catch (IOException e) {
      throw new StepFailure(
          hostName + " at " + address + ":" + port,
          "GET " + path,
          "an answer over HTTPS",
          String.valueOf(e.getMessage()),
          "see that nginx runs there and that port " + port + " is reachable from here",
          e);
    }
  }

  private Answer ask(
      Socket plain, String hostName, int port, String request, Optional<SSLContext> only)
      throws IOException {
    try (SSLSocket socket =
        (SSLSocket) only.orElse(tls).getSocketFactory().createSocket(plain, hostName, port, true)) {
      SSLParameters parameters = socket.getSSLParameters();
      parameters.setServerNames(List.of(new SNIHostName(hostName)));
      if (only.isPresent()) {
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
      }
      socket.setSSLParameters(parameters);
      handshake(socket, only.isPresent());
      String certificate = certificate(socket);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
      InputStream in = new BufferedInputStream(socket.getInputStream());
      int status = status(line(in));
      while (status >= 100 && status < 200) {
        headers(in);
        status = status(line(in));
      }
      Map<String, String> headers = headers(in);
      return new Answer(
          status,
          headers.getOrDefault("location", ""),
          new String(body(in, status, headers), StandardCharsets.UTF_8),
          certificate);
    }
  }

  private static void handshake(SSLSocket socket, boolean believing) throws IOException {
    try {
      socket.startHandshake();
      if (believing
          && socket.getSession().getPeerCertificates()[0] instanceof X509Certificate shown) {
        // Java takes a certificate that is itself an anchor whatever its dates; nginx does not.
        shown.checkValidity();
      }
    } catch (SSLHandshakeException e) {
      if (e.getCause() instanceof CertificateException reason) {
        throw new Refused(reason);
      }
      throw e;
    } catch (CertificateException outdated) {
      throw new Refused(outdated);
    }
  }

  /** The certificate that was shown is not believed. */
  private static final class Refused extends IOException {

    private static final long serialVersionUID = 1L;

    Refused(CertificateException reason) {
      super(String.valueOf(reason.getMessage()), reason);
    }
  }

  private static String request(
      String hostName, int port, String path, Map<String, String> headers) {
    StringBuilder request =
        new StringBuilder("GET ")
            .append(path)
            .append(" HTTP/1.1\r\nHost: ")
            .append(hostName)
            .append(port == 443 ? "" : ":" + port)
            .append("\r\nConnection: close\r\nAccept: */*\r\n");
    headers.forEach(
        (name, value) -> request.append(name).append(": ").append(value).append("\r\n"));
    String text = request + "\r\n";
    if (path.matches("(?s).*[\\s].*")
        || text.chars().filter(c -> c == '\n').count() != headers.size() + 5L) {
      throw new IllegalArgumentException("line breaks or spaces in a request for " + hostName);
    }
    return text;
  }

  private static int status(String line) throws IOException {
    String[] words = line.split(" ", 3);
    if (words.length < 2 || !words[0].startsWith("HTTP/1.") || !words[1].matches("[1-5]\\d\\d")) {
      throw new IOException("not an answer of HTTP: " + line);
    }
    return Integer.parseInt(words[1]);
  }

  private static Map<String, String> headers(InputStream in) throws IOException {
    Map<String, String> headers = new HashMap<>();
    for (String line = line(in); !line.isEmpty(); line = line(in)) {
      int colon = line.indexOf(':');
      if (colon > 0) {
        headers.put(
            line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
      }
    }
    return headers;
  }

  private static byte[] body(InputStream in, int status, Map<String, String> headers)
      throws IOException {
    if (status == 204 || status == 304) {
      return new byte[0];
    }
    if (headers
        .getOrDefault("transfer-encoding", "")
        .toLowerCase(Locale.ROOT)
        .contains("chunked")) {
      return chunks(in);
    }
    if (headers.containsKey("content-length")) {
      return exactly(in, number(headers.get("content-length"), 10));
    }
    return in.readNBytes(LARGEST_BODY);
  }

  private static byte[] chunks(InputStream in) throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    while (true) {
      int size = number(line(in).split(";", 2)[0].strip(), 16);
      if (size == 0) {
        return body.toByteArray();
      }
      body.writeBytes(exactly(in, size));
      line(in);
      if (body.size() > LARGEST_BODY) {
        throw new IOException("a body of more than " + LARGEST_BODY + " bytes");
      }
    }
  }

  private static int number(String text, int radix) throws IOException {
    try {
      int number = Integer.parseInt(text, radix);
      if (number >= 0 && number <= LARGEST_BODY) {
        return number;
      }
    } catch (NumberFormatException e) {
      throw new IOException("not a length: " + text, e);
    }
    throw new IOException("a body of " + text + " bytes");
  }

  private static byte[] exactly(InputStream in, int length) throws IOException {
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw new EOFException(
          "the answer ended after %d of %d bytes".formatted(bytes.length, length));
    }
    return bytes;
  }

  private static String line(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) {
        throw new EOFException("the connection was closed in the middle of the answer");
      }
      if (line.size() > LONGEST_LINE) {
        throw new IOException("a line of more than " + LONGEST_LINE + " bytes");
      }
      line.write(c);
    }
    String text = line.toString(StandardCharsets.ISO_8859_1);
    return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
  }

  private static String certificate(SSLSocket socket) throws IOException {
    Certificate[] chain = socket.getSession().getPeerCertificates();
    if (chain[0] instanceof X509Certificate shown) {
      return shown.getSubjectX500Principal().getName()
          + ", valid until "
          + shown.getNotAfter().toInstant();
    }
    return chain[0].getType();
  }

  private static void closeQuietly(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // It was to go away.
    }
  }

  /**
   * Takes every certificate: what it is gets reported. For addresses of which nothing is known that
   * could be believed; the question carries no secret.
   */
  private static final class Reporting extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
