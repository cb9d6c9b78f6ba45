package io.pryv.lab.standin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import io.pryv.lab.standin.HttpStandIn.Answer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** The register's HTTP interface, answer by answer. */
final class RegisterApi {
  private static final Pattern USER_NAME =
      Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9-]{3,100}[a-zA-Z0-9]");
  private static final Pattern HOSTING =
      Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9.-]{2,70}[a-zA-Z0-9]");
  private static final int CORE_TIMEOUT_MS = 5_000;
  private static final Map<String, String> MESSAGES =
      Map.ofEntries(
          Map.entry("INVALID_USER_NAME", "Invalid user name"),
          Map.entry("INVALID_HOSTING", "Invalid hosting"),
          Map.entry("UNAVAILABLE_HOSTING", "Hosting not available"),
          Map.entry("INVALID_APPID", "Invalid app id"),
          Map.entry("INVALID_EMAIL", "Invalid email address"),
          Map.entry("INVALID_PASSWORD", "Invalid password"),
          Map.entry("INVALID_LANGUAGE", "Invalid language code"),
          Map.entry("INVALID_DATA", "Invalid Data"),
          Map.entry("INVALID_JSON_REQUEST", "Invalid Data"),
          Map.entry("RESERVED_USER_NAME", "Reserved user name"),
          Map.entry("EXISTING_USER_NAME", "Username already exists"),
          Map.entry("EXISTING_EMAIL", "E-mail already exists"),
          Map.entry("UNKNOWN_USER_NAME", "Unknown user name"),
          Map.entry("INTERNAL_ERROR", "Internal Error"));

  private final RegisterConfig config;
  private final RegisterData data;

  RegisterApi(RegisterConfig config, RegisterData data) {
    this.config = config;
    this.data = data;
  }

  Answer handle(HttpExchange request) throws IOException {
    try {
      return route(request);
    } catch (IOException | RuntimeException e) {
      RegisterLog.error("app_errors : " + e);
      return error(500, "INTERNAL_ERROR");
    }
  }

  private Answer route(HttpExchange request) throws IOException {
    String method = request.getRequestMethod();
    String[] path = request.getRequestURI().getPath().substring(1).split("/", -1);
    String route = method + " " + (path.length == 1 ? path[0] : "NAME/" + path[path.length - 1]);
    if (path.length > 2) {
      return notThere(request);
    }
    return switch (route) {
      case "POST user" -> createUser(body(request));
      // Since 1.6.0: a core tells the register about a user whom it has created.
      case "POST users" -> config.standIn().since16() ? recordUser(request) : notThere(request);
      case "GET NAME/check_username" -> checkUsername(path[0]);
      case "GET NAME/server" -> redirectToCore(path[0]);
      case "POST NAME/server" -> nameCore(path[0]);
      case "GET NAME/check_email" -> new Answer(200, Map.of("exists", data.emailExists(path[0])));
      default -> notThere(request);
    };
  }

  private Answer createUser(JsonNode body) throws IOException {
    String hosting = matching(body, "hosting", HOSTING);
    if (hosting == null) {
      return error(400, "INVALID_HOSTING");
    }
    String appId = between(body, "appid", 6, 99);
    String name = userName(text(body, "username"));
    String email = between(body, "email", 1, 300);
    String password = between(body, "password", 6, 99);
    String language = body.hasNonNull("languageCode") ? between(body, "languageCode", 1, 5) : "en";
    if (appId == null) {
      return error(400, "INVALID_APPID");
    }
    if (name == null) {
      return error(400, "INVALID_USER_NAME");
    }
    if (email == null) {
      return error(400, "INVALID_EMAIL");
    }
    if (password == null) {
      return error(400, "INVALID_PASSWORD");
    }
    if (language == null) {
      return error(400, "INVALID_LANGUAGE");
    }
    List<String> taken = taken(name, email);
    if (!taken.isEmpty()) {
      return taken.size() == 1 ? error(400, taken.get(0)) : severalErrors(taken);
    }
    List<RegisterConfig.Core> cores = config.net().aaservers().getOrDefault(hosting, List.of());
    if (cores.isEmpty()) {
      return error(400, "UNAVAILABLE_HOSTING");
    }
    // The core comes first: a register that fails after it leaves a name that nobody can have.
    String id = createOnCore(cores.get(0).url(), name, email, language);
    Map<String, String> user = new LinkedHashMap<>();
    user.put("username", name);
    user.put("email", email);
    user.put("language", language);
    user.put(
        "invitationToken",
        text(body, "invitationtoken") == null ? "no-token" : text(body, "invitationtoken"));
    user.put("referer", String.valueOf(text(body, "referer")));
    user.put("appid", appId);
    user.put("id", id);
    return created(200, user, cores.get(0).url().getHost());
  }

  private Answer recordUser(HttpExchange request) throws IOException {
    String key = request.getRequestHeaders().getFirst("Authorization");
    if (!config.auth().knows(key)) {
      return new Answer(
          401,
          Map.of(
              "id",
              "unauthorized",
              "message",
              "Expected \"Authorization\" header or \"auth\" query parameter"));
    }
    if (!config.auth().allows(key, "system")) {
      return new Answer(403, Map.of("id", "forbidden", "message", "Access forbidden"));
    }
    JsonNode body = body(request);
    Map<String, String> user = new LinkedHashMap<>();
    body.path("user")
        .properties()
        .forEach(field -> user.put(field.getKey(), field.getValue().asText()));
    return created(201, user, body.path("host").path("name").asText());
  }

  private Answer created(int status, Map<String, String> user, String core) throws IOException {
    RedisLink.Reply reply = RegisterData.get(data.create(user, core));
    String name = user.get("username");
    String address = name + "." + config.dns().domain();
    Map<String, String> answer = new LinkedHashMap<>();
    answer.put("username", name);
    answer.put("server", address);
    if (config.standIn().since16()) {
      answer.put("apiEndpoint", "https://" + address + "/");
    }
    return new Answer(
        status,
        answer,
        config.standIn().anonymous() ? Map.of() : Map.of(RegisterServer.RUN_ID, reply.runId()));
  }

  private Answer checkUsername(String given) throws IOException {
    String name = userName(given);
    if (name == null) {
      return error(400, "INVALID_USER_NAME");
    }
    return data.nameReserved(name)
        ? new Answer(200, Map.of("reserved", true, "reason", "RESERVED_USER_NAME"))
        : new Answer(200, Map.of("reserved", data.nameExists(name)));
  }

  /** A redirection in every version; for a name that nobody has, until 1.6 to an error page. */
  private Answer redirectToCore(String given) throws IOException {
    String name = userName(given);
    String problem = name == null ? "INVALID_USER_NAME" : "UNKNOWN_USER_NAME";
    String core = name == null ? null : RegisterData.get(data.server(name));
    if (core != null) {
      return Answer.redirect(
          (config.net().https() ? "https" : "http") + "://" + core + "/?username=" + name);
    }
    return config.standIn().since16()
        ? error(name == null ? 400 : 404, problem)
        : Answer.redirect(
            "https://sw." + config.dns().domain() + "/access/error.html?id=" + problem);
  }

  private Answer nameCore(String given) throws IOException {
    String name = userName(given);
    if (name == null) {
      return error(400, "INVALID_USER_NAME");
    }
    String core = RegisterData.get(data.server(name));
    return core == null
        ? error(404, "UNKNOWN_USER_NAME")
        : new Answer(200, Map.of("server", core, "alias", name + "." + config.dns().domain()));
  }

  private List<String> taken(String name, String email) throws IOException {
    List<String> taken = new ArrayList<>();
    if (data.nameReserved(name)) {
      taken.add("RESERVED_USER_NAME");
    }
    if (data.nameExists(name)) {
      taken.add("EXISTING_USER_NAME");
    }
    if (data.emailExists(email)) {
      taken.add("EXISTING_EMAIL");
    }
    return taken;
  }

  /** The id that the core gave; whatever else it answers makes the register answer 500. */
  private String createOnCore(URI core, String name, String email, String language)
      throws IOException {
    HttpURLConnection post =
        (HttpURLConnection) address(core).resolve("/register/create-user").toURL().openConnection();
    post.setConnectTimeout(CORE_TIMEOUT_MS);
    post.setReadTimeout(CORE_TIMEOUT_MS);
    post.setRequestMethod("POST");
    post.setRequestProperty("Content-Type", "application/json");
    post.setDoOutput(true);
    ObjectNode user =
        StandIn.JSON
            .createObjectNode()
            .put("username", name)
            .put("passwordHash", "$2a$10$hash")
            .put("language", language)
            .put("email", email);
    try (OutputStream out = post.getOutputStream()) {
      out.write(StandIn.JSON.writeValueAsBytes(user));
    }
    if (post.getResponseCode() != 201) {
      throw new IOException("bad result status" + post.getResponseCode() + " != expectedStatus");
    }
    try (InputStream in = post.getInputStream()) {
      return StandIn.JSON.readTree(in).path("id").asText();
    }
  }

  /** Where the core is, by the register's own zone: no resolver is needed for that. */
  private URI address(URI core) {
    String label = core.getHost().split("\\.", 2)[0];
    RegisterConfig.Static known = config.dns().staticDataInDomain().get(label);
    return known == null || !core.getHost().equals(label + "." + config.dns().domain())
        ? core
        : URI.create(
            "%s://%s:%d/"
                .formatted(
                    core.getScheme(),
                    RegisterConfig.several(known.ip()).get(0),
                    core.getPort() < 0 ? 80 : core.getPort()));
  }

  private static JsonNode body(HttpExchange request) throws IOException {
    return StandIn.JSON.readTree(request.getRequestBody());
  }

  private static String userName(String given) {
    return given != null && USER_NAME.matcher(given.strip()).matches()
        ? given.strip().toLowerCase(Locale.ROOT)
        : null;
  }

  private static String text(JsonNode body, String field) {
    return body.hasNonNull(field) ? body.get(field).asText().strip() : null;
  }

  private static String matching(JsonNode body, String field, Pattern pattern) {
    String text = text(body, field);
    return text != null && pattern.matcher(text).matches() ? text : null;
  }

  private static String between(JsonNode body, String field, int shortest, int longest) {
    String text = text(body, field);
    return text != null && text.length() >= shortest && text.length() <= longest ? text : null;
  }

  private static Map<String, Object> message(String id) {
    return new LinkedHashMap<>(Map.of("id", id, "message", MESSAGES.get(id)));
  }

  private static Answer error(int status, String id) {
    return new Answer(status, message(id));
  }

  private static Answer severalErrors(List<String> ids) {
    Map<String, Object> data = message("INVALID_DATA");
    data.put("errors", ids.stream().map(RegisterApi::message).toList());
    return new Answer(400, data);
  }

  /** What Express says of a path that nobody has taken. */
  private static Answer notThere(HttpExchange request) {
    return Answer.text(
        404,
        "text/html; charset=utf-8",
        "<pre>Cannot %s %s</pre>\n"
            .formatted(request.getRequestMethod(), request.getRequestURI().getPath()));
  }
}
