package io.pryv.migration.process;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A register's Redis as its container sees the world: there the tunnel is port 4567 of the
 * loopback. On this machine, where several tests and a real Redis may run, it is another port of
 * four digits; whoever talks to Redis through here is not told.
 */
final class RenumberedRedis implements AutoCloseable {

  private static final String TUNNEL = "4567";
  private static final String TOLD = "SLAVEOF 127.0.0.1 %s\r\n";
  private static final byte[] SAYS = "master_port:".getBytes(StandardCharsets.US_ASCII);

  private final ServerSocket server;
  private final int redis;
  private final int tunnel = portOfFourDigits();

  /**
   * Opens the way to a Redis.
   *
   * @param redis its port
   */
  RenumberedRedis(int redis) {
    this.redis = redis;
    try {
      server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    inBackground(this::serve);
  }

  /** The port to talk to. */
  int port() {
    return server.getLocalPort();
  }

  /** What 4567 is on this machine. */
  int tunnel() {
    return tunnel;
  }

  @Override
  public void close() {
    try {
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void serve() {
    while (!server.isClosed()) {
      try {
        Socket client = server.accept();
        inBackground(() -> connect(client));
      } catch (IOException closed) {
        return;
      }
    }
  }

  private void connect(Socket client) {
    try (client;
        Socket there = new Socket(InetAddress.getLoopbackAddress(), redis)) {
      inBackground(() -> answer(there, client));
      byte[] buffer = new byte[1 << 16];
      InputStream in = client.getInputStream();
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        String said = new String(buffer, 0, n, StandardCharsets.ISO_8859_1);
        there
            .getOutputStream()
            .write(
                said.replace(TOLD.formatted(TUNNEL), TOLD.formatted(tunnel))
                    .getBytes(StandardCharsets.ISO_8859_1));
      }
    } catch (IOException over) {
      // The one side closes with the other.
    }
  }

  private void answer(Socket there, Socket client) {
    try (there;
        client) {
      InputStream in = there.getInputStream();
      OutputStream out = client.getOutputStream();
      byte[] buffer = new byte[1 << 16];
      int seen = 0;
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        for (int i = 0; i < n; i++) {
          if (seen >= SAYS.length) {
            buffer[i] = (byte) TUNNEL.charAt(seen - SAYS.length);
            seen = seen + 1 == SAYS.length + TUNNEL.length() ? 0 : seen + 1;
          } else {
            seen = buffer[i] == SAYS[seen] ? seen + 1 : buffer[i] == SAYS[0] ? 1 : 0;
          }
        }
        out.write(buffer, 0, n);
      }
    } catch (IOException over) {
      // The one side closes with the other.
    }
  }

  private static int portOfFourDigits() {
    while (true) {
      int port = ThreadLocalRandom.current().nextInt(5000, 10_000);
      try (ServerSocket free = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return free.getLocalPort();
      } catch (IOException taken) {
        // The next one.
      }
    }
  }

  private static void inBackground(Runnable work) {
    Thread thread = new Thread(work, "renumbered-redis");
    thread.setDaemon(true);
    thread.start();
  }
}
