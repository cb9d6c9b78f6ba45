package io.pryv.lab.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.concurrent.TimeUnit;

/** The program under test as a process of its own, started by script/run, steered over REST. */
final class Program {

  private static final Duration LONGEST_START = Duration.ofSeconds(90);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ProcessBuilder builder;
  private final String base;
  private final String credentials;
  private final HttpClient http =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
  private Process process;

  /**
   * The program of a checkout, with points around its steps.
   *
   * @param directory its data, and its log
   * @param platforms where platform.yaml is
   */
  Program(Path root, Path directory, Path platforms, Path points) {
    byte[] secret = new byte[18];
    new SecureRandom().nextBytes(secret);
    String password = Base64.getUrlEncoder().encodeToString(secret);
    String port = System.getenv().getOrDefault("MIGRATION_PORT", "8080");
    base = "http://127.0.0.1:" + port;
    credentials =
        "Basic "
            + Base64.getEncoder()
                .encodeToString(("admin:" + password).getBytes(StandardCharsets.UTF_8));
    builder =
        new ProcessBuilder(
                root.resolve("script/run").toString(),
                "--spring.main.sources=io.pryv.lab.faults.points.PointsConfiguration")
            .directory(root.toFile())
            .redirectErrorStream(true)
            .redirectOutput(
                ProcessBuilder.Redirect.appendTo(directory.resolve("application.log").toFile()));
    builder.environment().put("MIGRATION_ADMIN_PASSWORD", password);
    builder.environment().put("MIGRATION_DATA", directory.resolve("data").toString());
    builder.environment().put("MIGRATION_PLATFORMS", platforms.toString());
    builder.environment().put("MIGRATION_PORT", port);
    builder.environment().put("PRYV_LAB_POINTS", points.toString());
    builder
        .environment()
        .put("CLASSPATH", root.resolve("target/lab/lib/lab-standins.jar").toString());
    // Whoever breaks a run off shall not find the program still at work on the platform.
    Runtime.getRuntime().addShutdownHook(new Thread(this::kill));
  }

  /** Starts it and waits until it answers. */
  void start() {
    try {
      process = builder.start();
      Instant until = Instant.now().plus(LONGEST_START);
      while (!answers()) {
        if (!process.isAlive() || Instant.now().isAfter(until)) {
          throw new IllegalStateException(
              "the program does not answer; see " + builder.redirectOutput().file());
        }
        TimeUnit.MILLISECONDS.sleep(100);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  /**
   * kill -9. Not {@code onExit()}: of a process that is gone it waits for whoever has its number
   * now.
   */
  void kill() {
    try {
      if (process != null) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean answers() {
    try {
      return send("GET", "/api/migrations", null).statusCode() == 200;
    } catch (IOException e) {
      return false;
    }
  }

  JsonNode get(String path) {
    return call("GET", path, null);
  }

  JsonNode post(String path, String json) {
    return call("POST", path, json);
  }

  JsonNode put(String path, String json) {
    return call("PUT", path, json);
  }

  private JsonNode call(String method, String path, String json) {
    try {
      HttpResponse<String> response = send(method, path, json);
      if (response.statusCode() >= 300) {
        throw new Refused(
            "%s %s: %d %s".formatted(method, path, response.statusCode(), response.body()));
      }
      return response.body().isEmpty() ? JSON.nullNode() : JSON.readTree(response.body());
    } catch (IOException e) {
      throw new UncheckedIOException(method + " " + path + ": " + e.getMessage(), e);
    }
  }

  private HttpResponse<String> send(String method, String path, String json) throws IOException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(base + path))
            .timeout(Duration.ofSeconds(30))
            .header("Authorization", credentials)
            .header("Content-Type", "application/json")
            .method(
                method,
                json == null
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(json))
            .build();
    try {
      return http.send(request, HttpResponse.BodyHandlers.ofString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** The program answered that it will not. */
  static final class Refused extends RuntimeException {
    Refused(String message) {
      super(message);
    }
  }
}
