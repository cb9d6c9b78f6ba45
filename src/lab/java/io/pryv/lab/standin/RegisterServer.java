package io.pryv.lab.standin;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import io.pryv.lab.standin.HttpStandIn.Answer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Stands in for the HTTP API of the register.
 *
 * <p>As the original it writes a fixture when it starts, and dies when Redis refuses that; it logs
 * no request; it answers 500 when Redis refuses a write, and waits when Redis is silent. Unlike the
 * original it names, in the header {@value #RUN_ID}, the Redis that took a write.
 */
public final class RegisterServer implements AutoCloseable {
  /** The header that names the Redis that took the write. */
  public static final String RUN_ID = "X-Redis-Run-Id";

  private static final Pattern USER_NAME = Pattern.compile("[a-z0-9][a-z0-9-]{3,21}[a-z0-9]");
  private static final int CORE_TIMEOUT_MS = 10_000;

  private final Config config;
  private final RegisterData data;
  private HttpStandIn http;

  /** Serves nothing yet. */
  public RegisterServer(Config config) {
    this.config = config;
    data = new RegisterData(config.redis, config.domain);
  }

  /**
   * Its configuration.
   *
   * @param domain the platform's
   * @param port to listen on, 0 for any
   * @param redis where Redis is
   * @param systemKey that {@code POST /users} demands
   * @param core the host name that new users get
   * @param coreUrl where {@code POST /user} creates the user first
   */
  public record Config(
      @JsonProperty(required = true) String domain,
      int port,
      @JsonProperty(required = true) RegisterData.Address redis,
      @JsonProperty(required = true) String systemKey,
      @JsonProperty(required = true) String core,
      String coreUrl) {}

  public static void main(String[] arguments) {
    StandIn.run(arguments, Config.class, config -> new RegisterServer(config).start());
  }

  /** Writes the fixture, looks at every key, then serves; fails when Redis refuses the write. */
  public void start() throws IOException {
    data.prepare(config.core);
    http = HttpStandIn.start(config.port, StandIn.JSON, this::handle);
  }

  /** The port it listens on. */
  public int port() {
    return http.port();
  }

  @Override
  public void close() {
    data.close();
    if (http != null) {
      http.close();
    }
  }

  private Answer handle(HttpExchange request) throws IOException {
    String method = request.getRequestMethod();
    String[] path = request.getRequestURI().getPath().substring(1).split("/", -1);
    if (method.equals("POST") && path.length == 1 && path[0].equals("users")) {
      String key = request.getRequestHeaders().getFirst("Authorization");
      return config.systemKey.equals(key)
          ? create(request, false)
          : Answer.error(401, "FORBIDDEN", "The system key is missing or wrong");
    }
    if (method.equals("POST") && path.length == 1 && path[0].equals("user")) {
      return create(request, true);
    }
    if (method.equals("GET") && path.length == 2) {
      String name = path[0].toLowerCase(Locale.ROOT);
      switch (path[1]) {
        case "check_username" -> {
          return checkName(name);
        }
        case "server" -> {
          return server(name);
        }
        default -> {}
      }
    }
    return Answer.error(404, "NOT_FOUND", "No such resource");
  }

  private Answer checkName(String name) throws IOException {
    return USER_NAME.matcher(name).matches()
        ? new Answer(200, Map.of("reserved", data.nameExists(name)))
        : invalidName();
  }

  private Answer server(String name) throws IOException {
    String server = RegisterData.get(data.server(name));
    return server == null
        ? Answer.error(404, "UNKNOWN_USER_NAME", "Unknown user name")
        : new Answer(200, Map.of("server", server));
  }

  private Answer create(HttpExchange request, boolean onCore) throws IOException {
    Map<String, String> user = user(request);
    String name = user.get("username");
    String email = user.get("email");
    if (name == null || !USER_NAME.matcher(name).matches()) {
      return invalidName();
    }
    if (email == null || !email.contains("@")) {
      return Answer.error(400, "INVALID_EMAIL", "Invalid e-mail address");
    }
    if (data.nameExists(name)) {
      return Answer.error(400, "EXISTING_USER_NAME", "User name already exists");
    }
    if (data.emailExists(email)) {
      return Answer.error(400, "EXISTING_EMAIL", "E-mail address already exists");
    }
    // The core comes first: a register that then fails leaves a user whom no retry can complete.
    if (onCore && !createOnCore(name, email)) {
      return Answer.error(400, "EXISTING_USER_NAME", "The core refused to create this user");
    }
    user.put("registeredTimestamp", String.valueOf(System.currentTimeMillis()));
    RedisLink.Reply reply = RegisterData.get(data.create(user, config.core));
    return new Answer(
        onCore ? 200 : 201,
        Map.of("username", name, "server", name + "." + config.domain),
        Map.of(RUN_ID, reply.runId()));
  }

  private static Map<String, String> user(HttpExchange request) throws IOException {
    Map<String, String> user = new LinkedHashMap<>();
    JsonNode body = StandIn.JSON.readTree(request.getRequestBody());
    for (Map.Entry<String, JsonNode> field : body.properties()) {
      if (field.getValue().isValueNode()) {
        user.put(field.getKey(), field.getValue().asText());
      }
    }
    user.computeIfPresent("username", (field, name) -> name.toLowerCase(Locale.ROOT));
    return user;
  }

  private boolean createOnCore(String name, String email) throws IOException {
    HttpURLConnection core =
        (HttpURLConnection) URI.create(config.coreUrl + "/users").toURL().openConnection();
    core.setConnectTimeout(CORE_TIMEOUT_MS);
    core.setReadTimeout(CORE_TIMEOUT_MS);
    core.setRequestMethod("POST");
    core.setRequestProperty("Content-Type", "application/json");
    core.setDoOutput(true);
    ObjectNode user = StandIn.JSON.createObjectNode().put("username", name).put("email", email);
    try (OutputStream out = core.getOutputStream()) {
      out.write(StandIn.JSON.writeValueAsBytes(user));
    }
    int status = core.getResponseCode();
    if (status / 100 == 5) {
      throw new IOException("The core answered " + status);
    }
    return status / 100 == 2;
  }

  private static Answer invalidName() {
    return Answer.error(400, "INVALID_USER_NAME", "User names have 5 to 23 letters or digits");
  }
}
