package io.pryv.migration.process;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** Requests as no well-behaved client sends them, from an address of choice. */
final class RawHttp {

  private RawHttp() {}

  /**
   * Sends that text and reads until the other side closes.
   *
   * @param from the loopback address that it comes from
   */
  static String send(String from, int port, String text) throws IOException {
    try (Socket socket = connect(from, port)) {
      socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
      socket.getOutputStream().flush();
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }
  }

  static Socket connect(String from, int port) throws IOException {
    Socket socket = new Socket();
    socket.bind(new InetSocketAddress(InetAddress.getAllByName(from)[0], 0));
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 5000);
    socket.setSoTimeout(60_000);
    return socket;
  }

  /** A GET with that password, whose answer ends the connection. */
  static String get(String path, String user, String password) {
    return "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Basic %s\r\n\r\n"
        .formatted(
            path,
            Base64.getEncoder()
                .encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8)));
  }

  /** The status of an answer, 0 when there was none. */
  static int status(String answer) {
    return answer.isEmpty() ? 0 : Integer.parseInt(answer.split(" ", 3)[1]);
  }
}
