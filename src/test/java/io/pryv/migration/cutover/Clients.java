package io.pryv.migration.cutover;

import io.pryv.lab.standin.RegisterServer;
import io.pryv.lab.standin.SmallRegister;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;

/** Clients that register users and read one, all the time, through source's nginx. */
final class Clients implements AutoCloseable {

  /** A registration that was acknowledged, by which Redis, and when it was asked for. */
  record Acknowledged(String name, String runId, long asked, long answered) {}

  final Queue<Acknowledged> acknowledged = new ConcurrentLinkedQueue<>();
  final Queue<String> failures = new ConcurrentLinkedQueue<>();
  final Queue<String> wrongReads = new ConcurrentLinkedQueue<>();
  final AtomicInteger reads = new AtomicInteger();
  private static final Duration PAUSE = Duration.ofMillis(5);
  private static final AtomicInteger GENERATION = new AtomicInteger();
  private final String address;
  private final String path;
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean ending;

  /** Through the call that only writes to Redis. */
  Clients(int port, int writers, int readers) {
    this(port, writers, readers, "/users");
  }

  /** Through {@code /users}, or {@code /user}, which calls a core first. */
  Clients(int port, int writers, int readers, String path) {
    this.path = path;
    address = "http://127.0.0.1:" + port;
    // Each has users of its own: nobody registers one twice.
    int generation = GENERATION.incrementAndGet();
    for (int i = 0; i < writers; i++) {
      String prefix = "writer" + generation + "-" + i;
      start(prefix, () -> write(prefix));
    }
    for (int i = 0; i < readers; i++) {
      start("reader" + i, this::read);
    }
    awaitProgress();
  }

  private void start(String name, Runnable work) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    threads.add(thread);
    thread.start();
  }

  /** Returns once some more writes have been acknowledged. */
  void awaitProgress() {
    int before = acknowledged.size();
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> acknowledged.size() >= before + 20);
  }

  /**
   * Connections are made for one request each: asked for without a pause, they would use up the
   * ports of the loopback, and then wait for seconds.
   */
  private static void pause() {
    LockSupport.parkNanos(PAUSE.toNanos());
  }

  private void write(String prefix) {
    for (int i = 0; !ending; i++) {
      pause();
      String name = "%s-%06d".formatted(prefix, i);
      long asked = System.nanoTime();
      try {
        HttpURLConnection answer = post(address, path, name);
        if (answer.getResponseCode() < 300) {
          acknowledged.add(
              new Acknowledged(
                  name, answer.getHeaderField(RegisterServer.RUN_ID), asked, System.nanoTime()));
        } else {
          failures.add(name + ": " + answer.getResponseCode() + " " + body(answer));
        }
      } catch (IOException e) {
        failures.add(name + ": " + e);
      }
    }
  }

  static HttpURLConnection post(String address, String path, String name) throws IOException {
    HttpURLConnection connection = open(address + path);
    String user = SmallRegister.newUser(name);
    byte[] body =
        (path.equals("/user") ? user : SmallRegister.recorded(user))
            .getBytes(StandardCharsets.UTF_8);
    connection.setRequestMethod("POST");
    connection.setRequestProperty("Content-Type", "application/json");
    connection.setRequestProperty("Authorization", "key");
    connection.setDoOutput(true);
    connection.setFixedLengthStreamingMode(body.length);
    try (OutputStream out = connection.getOutputStream()) {
      out.write(body);
    }
    return connection;
  }

  private void read() {
    while (!ending) {
      pause();
      try {
        HttpURLConnection answer = open(address + "/wactiv/check_username");
        String body = answer.getResponseCode() + " " + body(answer);
        if (!body.equals("200 {\"reserved\":true}")) {
          wrongReads.add(body);
        }
        reads.incrementAndGet();
      } catch (IOException e) {
        wrongReads.add(e.toString());
      }
    }
  }

  /** A connection of its own, so that no client's own repetition hides a failure. */
  private static HttpURLConnection open(String address) throws IOException {
    HttpURLConnection connection = (HttpURLConnection) URI.create(address).toURL().openConnection();
    connection.setRequestProperty("Connection", "close");
    connection.setConnectTimeout(10_000);
    connection.setReadTimeout(10_000);
    return connection;
  }

  private static String body(HttpURLConnection answer) throws IOException {
    try (InputStream in =
        answer.getResponseCode() < 400 ? answer.getInputStream() : answer.getErrorStream()) {
      return in == null ? "" : new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
    }
  }

  /** Ends them once some more writes have been acknowledged, each after its present request. */
  void end() {
    awaitProgress();
    close();
  }

  @Override
  public void close() {
    ending = true;
    for (Thread thread : threads) {
      try {
        thread.join(20_000);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
