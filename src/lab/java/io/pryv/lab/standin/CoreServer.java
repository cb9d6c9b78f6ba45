package io.pryv.lab.standin;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import io.pryv.lab.standin.HttpStandIn.Answer;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentSkipListSet;

/**
 * Stands in for a core: {@code POST /register/create-user} creates a user once and refuses it the
 * second time. GET lists them, which no real one does.
 */
public final class CoreServer implements AutoCloseable {
  private final Config config;
  private final Set<String> users = new ConcurrentSkipListSet<>();
  private HttpStandIn http;

  /** Serves nothing yet. */
  public CoreServer(Config config) {
    this.config = config;
  }

  /**
   * What it is told.
   *
   * @param port 0 for any
   * @param name its own
   * @param creationMs how long it takes to create a user
   */
  public record Config(int port, String name, int creationMs) {}

  public static void main(String[] arguments) {
    StandIn.run(arguments, Config.class, config -> new CoreServer(config).start());
  }

  /** Begins to serve. */
  public void start() throws IOException {
    http = HttpStandIn.start(config.port, StandIn.JSON, this::handle);
  }

  /** The port it listens on. */
  public int port() {
    return http.port();
  }

  @Override
  public void close() {
    http.close();
  }

  private Answer handle(HttpExchange request) throws IOException {
    if (!request.getRequestMethod().equals("POST")) {
      return new Answer(
          200, Map.of("name", String.valueOf(config.name), "users", List.copyOf(users)));
    }
    JsonNode name = StandIn.JSON.readTree(request.getRequestBody()).path("username");
    if (!name.isTextual()) {
      return error("invalid-parameters-format", "The parameters' format is invalid.");
    }
    work();
    return users.add(name.asText())
        ? new Answer(201, Map.of("id", "c" + UUID.randomUUID()))
        : error("item-already-exists", "A user with the same username already exists.");
  }

  private static Answer error(String id, String message) {
    return new Answer(400, Map.of("error", Map.of("id", id, "message", message)));
  }

  private void work() throws IOException {
    try {
      Thread.sleep(config.creationMs);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }
}
