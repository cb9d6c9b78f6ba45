package io.pryv.lab.standin;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A TCP port of the loopback on which nothing listens. It lies below those that the kernel gives to
 * outgoing connections ({@code net.ipv4.ip_local_port_range} begins at 32768): there somebody's
 * connection may take it before the server does, and whoever looks whether the server is up can
 * meet himself, since a connection from a port to itself is one (RFC 9293, 3.5).
 */
public final class FreePort {

  private static final int LOWEST = 15_000;
  private static final int HIGHEST = 32_000;

  private FreePort() {}

  /** Another one each time, as far as chance allows. */
  public static int next() {
    while (true) {
      int port = ThreadLocalRandom.current().nextInt(LOWEST, HIGHEST);
      try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return socket.getLocalPort();
      } catch (BindException taken) {
        // The next one may be free.
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
