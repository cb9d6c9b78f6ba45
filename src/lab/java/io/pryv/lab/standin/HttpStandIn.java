package io.pryv.lab.standin;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** The HTTP side that the stand-ins share: one handler for all paths, JSON answers, no log. */
final class HttpStandIn implements AutoCloseable {
  private final HttpServer server;
  private final ExecutorService threads;

  static {
    // Without it every answer on a kept-open connection waits 40 ms for a delayed ACK.
    System.setProperty("sun.net.httpserver.nodelay", "true");
  }

  private HttpStandIn(HttpServer server, ExecutorService threads) {
    this.server = server;
    this.threads = threads;
  }

  /** Answers a request. */
  @FunctionalInterface
  interface Handler {
    Answer handle(HttpExchange request) throws IOException;
  }

  /** A status, a body (text as it is, anything else for Jackson) and headers. */
  record Answer(int status, Object body, Map<String, String> headers) {
    Answer(int status, Object body) {
      this(status, body, Map.of());
    }

    /** A body as it is. */
    static Answer text(int status, String type, String text) {
      return new Answer(status, text, Map.of("Content-Type", type));
    }

    /** A redirection, in the words of Express. */
    static Answer redirect(String location) {
      return new Answer(
          302,
          "Found. Redirecting to " + location,
          Map.of("Content-Type", "text/plain; charset=utf-8", "Location", location));
    }
  }

  static HttpStandIn start(int port, ObjectMapper json, Handler handler) throws IOException {
    // The real services hold a request while Redis is silent, so threads must not run out.
    ExecutorService threads =
        Executors.newCachedThreadPool(
            task -> {
              Thread thread = new Thread(null, task, "http", 256 * 1024);
              thread.setDaemon(true);
              return thread;
            });
    HttpServer server = HttpServer.create(new InetSocketAddress(port), 1024);
    server.setExecutor(threads);
    server.createContext("/", exchange -> answer(exchange, json, handler));
    server.start();
    return new HttpStandIn(server, threads);
  }

  int port() {
    return server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  private static void answer(HttpExchange exchange, ObjectMapper json, Handler handler)
      throws IOException {
    try (exchange) {
      Answer answer;
      try {
        answer = handler.handle(exchange);
      } catch (IOException | RuntimeException e) {
        answer = Answer.text(500, "text/plain; charset=utf-8", String.valueOf(e.getMessage()));
      }
      byte[] body =
          answer.body instanceof String text
              ? text.getBytes(StandardCharsets.UTF_8)
              : json.writeValueAsBytes(answer.body);
      exchange.getResponseHeaders().set("Content-Type", "application/json; charset=utf-8");
      answer.headers.forEach(exchange.getResponseHeaders()::set);
      exchange.sendResponseHeaders(answer.status, body.length);
      exchange.getResponseBody().write(body);
    }
  }
}
