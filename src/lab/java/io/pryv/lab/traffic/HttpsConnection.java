package io.pryv.lab.traffic;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/**
 * One HTTPS connection to one address, without the pooling, retries and redirects of a client: a
 * prober must see what a library would hide.
 */
final class HttpsConnection implements AutoCloseable {
  private static final ScheduledThreadPoolExecutor DEADLINES =
      new ScheduledThreadPoolExecutor(1, task -> OpenLoop.daemon("deadlines", task));

  static {
    DEADLINES.setRemoveOnCancelPolicy(true);
  }

  private final Socket plain;
  private final SSLSocket tls;
  private final InputStream in;
  private final String host;

  private HttpsConnection(Socket plain, SSLSocket tls, String host) throws IOException {
    this.plain = plain;
    this.tls = tls;
    this.host = host;
    in = new BufferedInputStream(tls.getInputStream());
  }

  /** What a server answered. */
  record Response(int status, Map<String, String> headers, String body) {}

  /** How to reach and whom to trust. */
  record Peer(String host, int port, SSLContext trust, boolean verified) {}

  /** Connects and shakes hands within the time. */
  static HttpsConnection open(InetAddress address, Peer peer, Duration within) throws IOException {
    Socket plain = new Socket();
    Future<?> deadline = closeAfter(plain, within);
    try {
      plain.setTcpNoDelay(true);
      plain.connect(new InetSocketAddress(address, peer.port), millis(within));
      SSLSocket tls =
          (SSLSocket) peer.trust.getSocketFactory().createSocket(plain, peer.host, peer.port, true);
      if (peer.verified) {
        SSLParameters parameters = tls.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        tls.setSSLParameters(parameters);
      }
      tls.startHandshake();
      return new HttpsConnection(plain, tls, peer.host);
    } catch (IOException e) {
      plain.close();
      throw deadline.isDone() ? new SocketTimeoutException("no connection in time") : e;
    } finally {
      deadline.cancel(false);
    }
  }

  /** Sends a request and reads the whole answer within the time. */
  Response exchange(String request, String headers, String body, Duration within)
      throws IOException {
    Future<?> deadline = closeAfter(plain, within);
    try {
      byte[] content = body.getBytes(StandardCharsets.UTF_8);
      ByteArrayOutputStream message = new ByteArrayOutputStream(512);
      String length = content.length == 0 ? "" : "Content-Length: " + content.length + "\r\n";
      message.writeBytes(
          (request + " HTTP/1.1\r\nHost: " + host + "\r\n" + headers + length + "\r\n")
              .getBytes(StandardCharsets.US_ASCII));
      message.writeBytes(content);
      tls.setSoTimeout(0);
      tls.getOutputStream().write(message.toByteArray());
      return readResponse();
    } catch (IOException e) {
      throw deadline.isDone() ? new SocketTimeoutException("no answer in time") : e;
    } finally {
      deadline.cancel(false);
    }
  }

  /**
   * Waits, and says whether the server has closed the connection by then: also when there is no
   * time left to wait.
   */
  boolean closedWithin(Duration wait) {
    try {
      tls.setSoTimeout(Math.max(1, millis(wait)));
      in.read();
      // Either its end, or bytes that nobody asked for: of no use any more.
      return true;
    } catch (SocketTimeoutException e) {
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  @Override
  public void close() {
    try {
      plain.close();
    } catch (IOException e) {
      // It was to go anyway.
    }
  }

  private Response readResponse() throws IOException {
    String[] status = readLine().split(" ", 3);
    Map<String, String> headers = new TreeMap<>();
    for (String line = readLine(); !line.isEmpty(); line = readLine()) {
      int colon = line.indexOf(':');
      if (colon > 0) {
        headers.put(
            line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
      }
    }
    return new Response(
        Integer.parseInt(status[1]), headers, new String(body(headers), StandardCharsets.UTF_8));
  }

  private byte[] body(Map<String, String> headers) throws IOException {
    if (headers.getOrDefault("transfer-encoding", "").equalsIgnoreCase("chunked")) {
      ByteArrayOutputStream body = new ByteArrayOutputStream();
      int size;
      do {
        size = Integer.parseInt(readLine().split(";", 2)[0].strip(), 16);
        body.writeBytes(readFully(size));
        readLine();
      } while (size > 0);
      return body.toByteArray();
    }
    String length = headers.get("content-length");
    return length == null ? in.readAllBytes() : readFully(Integer.parseInt(length));
  }

  private byte[] readFully(int length) throws IOException {
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw new EOFException("connection closed within an answer");
    }
    return bytes;
  }

  private String readLine() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream(64);
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) {
        throw new EOFException("connection closed without an answer");
      }
      if (c != '\r') {
        line.write(c);
      }
    }
    return line.toString(StandardCharsets.US_ASCII);
  }

  /** Closing an SSLSocket may wait for a lock that the stuck reader holds; closing TCP does not. */
  private static Future<?> closeAfter(Socket plain, Duration within) {
    return DEADLINES.schedule(
        () -> {
          plain.close();
          return null;
        },
        Math.max(1, within.toNanos()),
        TimeUnit.NANOSECONDS);
  }

  private static int millis(Duration duration) {
    return (int) Math.max(1, duration.toMillis());
  }
}
