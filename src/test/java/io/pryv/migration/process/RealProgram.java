package io.pryv.migration.process;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pryv.lab.standin.FreePort;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The program in a process of its own, steered over its REST as an operator's script would. */
final class RealProgram implements AutoCloseable {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration LONGEST_START = Duration.ofSeconds(90);

  private final ProcessBuilder builder;
  private final Path log;
  private final String base;
  private final HttpClient http =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
  private Process process;

  /**
   * Not started yet.
   *
   * @param data its data directory, where its log is, too
   * @param edges where it finds its machines
   * @param database what tells it its database; empty for the embedded one
   */
  RealProgram(Path data, String edges, List<String> database) {
    int port = FreePort.next();
    base = "http://127.0.0.1:" + port;
    log = data.resolve("program-" + port + ".log");
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                classPath(),
                "-D" + KillableTestProgram.EDGES + "=" + edges,
                KillableTestProgram.class.getName(),
                "--server.port=" + port,
                "--migration.data=" + data,
                "--migration.platforms=" + RunningEngine.DIRECTORY,
                "--migration.admin.password=" + RunningEngine.PASSWORD));
    command.addAll(database);
    builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    Runtime.getRuntime().addShutdownHook(new Thread(this::kill));
  }

  /** Starts it; when it returns nothing is known but that there is a process. */
  RealProgram begin() {
    try {
      process = builder.start();
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Where it listens, such as {@code http://127.0.0.1:40123}. */
  String base() {
    return base;
  }

  /** Waits until it says that it is up, and gives the instant. */
  Instant awaitReady() {
    Instant until = Instant.now().plus(LONGEST_START);
    while (!healthy()) {
      if (!process.isAlive() || Instant.now().isAfter(until)) {
        throw new AssertionError("the program does not start:\n" + said());
      }
      pause();
    }
    return Instant.now();
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

  /** SIGTERM; gives how long it took to end. */
  Duration terminate() {
    Instant asked = Instant.now();
    process.destroy();
    try {
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        throw new AssertionError("it does not end on SIGTERM:\n" + said());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return Duration.between(asked, Instant.now());
  }

  /** Whether it has come to its end, by itself or not. */
  boolean hasEnded() {
    return !process.isAlive();
  }

  /** The end of what it logged. */
  String said() {
    try {
      String text = Files.readString(log);
      return text.substring(Math.max(0, text.length() - 6000));
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** Starts a migration of that platform file. */
  String startMigration(String platformFile) {
    return post(
            "/engine-rest/process-definition/key/register-migration/start",
            "{\"variables\":{\"platformFile\":{\"value\":\"%s\",\"type\":\"String\"}}}"
                .formatted(platformFile))
        .get("id")
        .asText();
  }

  JsonNode get(String path) {
    return call(HttpRequest.newBuilder(URI.create(base + path)).GET());
  }

  JsonNode post(String path, String json) {
    return call(
        HttpRequest.newBuilder(URI.create(base + path))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(json)));
  }

  JsonNode put(String path) {
    return call(
        HttpRequest.newBuilder(URI.create(base + path)).PUT(HttpRequest.BodyPublishers.noBody()));
  }

  long pid() {
    return process.pid();
  }

  private JsonNode call(HttpRequest.Builder request) {
    try {
      HttpResponse<String> response =
          http.send(
              request
                  .timeout(Duration.ofSeconds(60))
                  .header(
                      "Authorization",
                      "Basic "
                          + Base64.getEncoder()
                              .encodeToString(
                                  ("admin:" + RunningEngine.PASSWORD)
                                      .getBytes(StandardCharsets.UTF_8)))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      if (response.statusCode() >= 300) {
        throw new IllegalStateException(response.uri() + ": " + response.body());
      }
      return response.body().isEmpty() ? JSON.nullNode() : JSON.readTree(response.body());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private boolean healthy() {
    try {
      return http.send(
                  HttpRequest.newBuilder(URI.create(base + "/actuator/health"))
                      .timeout(Duration.ofSeconds(10))
                      .build(),
                  HttpResponse.BodyHandlers.ofString())
              .statusCode()
          == 200;
    } catch (IOException notYet) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private void pause() {
    try {
      process.waitFor(50, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** An empty element, such as Surefire leaves one, would mean the working directory. */
  private static String classPath() {
    return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator, -1))
        .filter(element -> !element.isEmpty())
        .collect(Collectors.joining(File.pathSeparator));
  }

  @Override
  public void close() {
    kill();
  }
}
