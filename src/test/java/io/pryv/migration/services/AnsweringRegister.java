package io.pryv.migration.services;

import com.sun.net.httpserver.HttpServer;
import io.pryv.migration.machine.SandboxRegister;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;

/** What listens in the container of a register, and answers the vendor's health check. */
final class AnsweringRegister implements AutoCloseable {

  private static final String ADDRESS = "172.18.0.9";

  private final HttpServer server;

  AnsweringRegister(SandboxRegister register, Supplier<String> answer) {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.createContext(
        "/wactiv/check_username",
        exchange -> {
          byte[] body = answer.get().getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    register.container("register").address(ADDRESS);
    register.shell().route(ADDRESS, 9000, server.getAddress().getPort());
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
