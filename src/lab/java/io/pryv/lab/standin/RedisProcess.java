package io.pryv.lab.standin;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A real Redis on the loopback, for tests: its own process, port and data directory.
 *
 * <p>The binary is {@code redis-server} from the path, or what the system property {@code
 * redis.server} names, so that the same tests can run against an older Redis.
 */
public final class RedisProcess implements AutoCloseable {
  private static final Duration START_DEADLINE = Duration.ofSeconds(20);
  private static final int PORTS_TO_TRY = 5;

  private final Process process;
  private final int port;
  private final Path directory;

  private RedisProcess(Process process, int port, Path directory) {
    this.process = process;
    this.port = port;
    this.directory = directory;
  }

  /** Starts a Redis on a free port; the arguments are appended to its command line and win. */
  public static RedisProcess start(String... extraArgs) {
    for (int attempt = 1; ; attempt++) {
      try {
        return startOn(FreePort.next(), extraArgs);
      } catch (IllegalStateException e) {
        // Somebody else may have taken the port between our look and Redis' bind.
        if (attempt == PORTS_TO_TRY) {
          throw e;
        }
      }
    }
  }

  /** Starts a Redis on this very port: where another one has just been killed, for instance. */
  public static RedisProcess startOn(int port, String... extraArgs) {
    try {
      Path directory = Files.createTempDirectory("redis-process-");
      List<String> command =
          new ArrayList<>(
              List.of(
                  System.getProperty("redis.server", "redis-server"),
                  "--port",
                  String.valueOf(port),
                  "--bind",
                  "127.0.0.1",
                  "--dir",
                  directory.toString(),
                  "--save",
                  "",
                  "--appendonly",
                  "no",
                  "--repl-diskless-sync-delay",
                  "0"));
      command.addAll(List.of(extraArgs));
      Path log = directory.resolve("redis.log");
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      RedisProcess redis = new RedisProcess(process, port, directory);
      // Redis dies with the tests even when a test forgets it.
      Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
      try {
        redis.awaitAnswer();
      } catch (IllegalStateException e) {
        String said = Files.readString(log);
        redis.close();
        throw new IllegalStateException(e.getMessage() + "; it said: " + said, e);
      }
      return redis;
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot start redis-server (is it installed?)", e);
    }
  }

  /** The port on 127.0.0.1. */
  public int port() {
    return port;
  }

  /** Its process. */
  public long pid() {
    return process.pid();
  }

  /** Where it keeps its data. */
  public Path directory() {
    return directory;
  }

  /** Kills it as a power cut would: no farewell, no save. */
  public void kill() {
    process.destroyForcibly();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        throw new IllegalStateException("Redis " + process.pid() + " survived a kill");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    kill();
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void awaitAnswer() {
    long deadline = System.nanoTime() + START_DEADLINE.toNanos();
    while (System.nanoTime() - deadline < 0) {
      if (ended(Duration.ofMillis(10))) {
        throw new IllegalStateException("Redis ended at once on port " + port);
      }
      if (answersPing()) {
        return;
      }
    }
    throw new IllegalStateException("No answer from Redis on port " + port);
  }

  private boolean ended(Duration within) {
    try {
      return process.waitFor(within.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while Redis was starting", e);
    }
  }

  private boolean answersPing() {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(500);
      socket.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
      byte[] answer = socket.getInputStream().readNBytes("+PONG".length());
      return new String(answer, StandardCharsets.US_ASCII).equals("+PONG");
    } catch (IOException e) {
      return false;
    }
  }
}
