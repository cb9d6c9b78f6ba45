package io.pryv.lab.standin;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import io.pryv.lab.standin.HttpStandIn.Answer;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;

/**
 * Stands in for a core: POST creates a user once and refuses it the second time, GET lists them.
 */
public final class CoreServer implements AutoCloseable {
  private final Config config;
  private final Set<String> users = new ConcurrentSkipListSet<>();
  private HttpStandIn http;

  /** Serves nothing yet. */
  public CoreServer(Config config) {
    this.config = config;
  }

  /** Its port, 0 for any, and its name. */
  public record Config(int port, String name) {}

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
      return new Answer(200, Map.of("name", config.name, "users", List.copyOf(users)));
    }
    JsonNode name = StandIn.JSON.readTree(request.getRequestBody()).path("username");
    if (!name.isTextual()) {
      return Answer.error(400, "INVALID_USER_NAME", "No user name");
    }
    return users.add(name.asText())
        ? new Answer(201, Map.of("username", name.asText()))
        : Answer.error(400, "EXISTING_USER_NAME", "User already exists");
  }
}
