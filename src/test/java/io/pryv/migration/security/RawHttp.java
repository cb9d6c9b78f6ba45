package io.pryv.migration.security;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Sends requests byte by byte as they are given, which a library would refuse or mend.
 *
 * @param lastByte of the address in 127.0.0.0/24 that it comes from
 */
record RawHttp(int port, int lastByte) {

  private static final int PATIENCE_MS = 30_000;

  /** To the program on that port, from this machine's usual address. */
  RawHttp(int port) {
    this(port, 1);
  }

  /** As {@link #send} does, for a request that is built piece by piece. */
  Request request(String method, String target) {
    return new Request(this, method, target);
  }

  /**
   * Sends those bytes over a connection of its own and reads until the other side closes it.
   *
   * @throws UncheckedIOException when nothing at all is answered
   */
  Answer send(byte[] request) {
    try (Socket socket = connect()) {
      try {
        socket.getOutputStream().write(request);
        socket.getOutputStream().flush();
      } catch (IOException refusedMeanwhile) {
        // It may have answered before it was told everything.
      }
      return Answer.of(read(socket.getInputStream()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A connection from the address of this client. */
  Socket connect() throws IOException {
    Socket socket = new Socket();
    socket.bind(
        new InetSocketAddress(
            InetAddress.getByAddress(new byte[] {127, 0, 0, (byte) lastByte}), 0));
    socket.setSoTimeout(PATIENCE_MS);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), PATIENCE_MS);
    return socket;
  }

  private static String read(InputStream in) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    byte[] part = new byte[8192];
    try {
      for (int n = in.read(part); n >= 0; n = in.read(part)) {
        all.write(part, 0, n);
      }
    } catch (IOException resetAfterItsAnswer) {
      // What came before stands.
    }
    return all.toString(StandardCharsets.ISO_8859_1);
  }

  /** What came back; status 0 when the connection was closed without a word. */
  record Answer(int status, String head, String body) {

    private static final Pattern STATUS = Pattern.compile("HTTP/1\\.[01] (\\d{3})");

    static Answer of(String text) {
      Matcher status = STATUS.matcher(text);
      int end = text.indexOf("\r\n\r\n");
      return new Answer(
          status.lookingAt() ? Integer.parseInt(status.group(1)) : 0,
          end < 0 ? text : text.substring(0, end),
          end < 0 ? "" : text.substring(end + 4));
    }

    boolean succeeded() {
      return status >= 200 && status < 300;
    }

    Optional<String> header(String name) {
      return headers(name).stream().findFirst();
    }

    List<String> headers(String name) {
      return head.lines()
          .filter(line -> line.regionMatches(true, 0, name + ":", 0, name.length() + 1))
          .map(line -> line.substring(name.length() + 1).strip())
          .toList();
    }
  }

  /** A request under construction; nothing is checked. */
  static final class Request {

    private final RawHttp client;
    private final String method;
    private final String target;
    private final List<String> headers = new ArrayList<>();
    private String host;
    private byte[] body = new byte[0];

    private Request(RawHttp client, String method, String target) {
      this.client = client;
      this.method = method;
      this.target = target;
      this.host = "127.0.0.1:" + client.port;
    }

    Request host(String other) {
      host = other;
      return this;
    }

    Request header(String name, String value) {
      headers.add(name + ": " + value);
      return this;
    }

    /** With HTTP Basic; of nobody, nothing is said. */
    Request as(String user, String password) {
      return user == null
          ? this
          : header(
              "Authorization",
              "Basic "
                  + Base64.getEncoder()
                      .encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8)));
    }

    Request json(String text) {
      return body("application/json", text.getBytes(StandardCharsets.UTF_8));
    }

    Request body(String type, byte[] bytes) {
      body = bytes;
      return header("Content-Type", type).header("Content-Length", "" + bytes.length);
    }

    /** A body of which the headers say nothing by themselves. */
    Request raw(byte[] bytes) {
      body = bytes;
      return this;
    }

    Answer send() {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      StringBuilder head = new StringBuilder(method + " " + target + " HTTP/1.1\r\n");
      if (host != null) {
        head.append("Host: ").append(host).append("\r\n");
      }
      headers.forEach(header -> head.append(header).append("\r\n"));
      head.append("Connection: close\r\n\r\n");
      bytes.writeBytes(head.toString().getBytes(StandardCharsets.ISO_8859_1));
      bytes.writeBytes(body);
      return client.send(bytes.toByteArray());
    }
  }
}
