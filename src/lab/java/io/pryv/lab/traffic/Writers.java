package io.pryv.lab.traffic;

import io.pryv.lab.traffic.HttpsConnection.Response;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** The clients that register: each acknowledged name is in the ledger before the next thing. */
final class Writers implements AutoCloseable {
  static final Duration TIMEOUT = Duration.ofSeconds(15);

  /** What a writer calls itself, with the name that it registers behind it. */
  static final String USER_AGENT = "lab-traffic/";

  final Series series;
  final Queue<Tenure.Write> acknowledged = new ConcurrentLinkedQueue<>();
  final AtomicInteger attempted = new AtomicInteger();
  final AtomicInteger refused = new AtomicInteger();
  final AtomicInteger unanswered = new AtomicInteger();
  final Queue<String> notAcknowledged = new ConcurrentLinkedQueue<>();
  final Path ledger;

  private final Options options;
  private final OpenLoop loop;
  private final BufferedWriter lines;
  private final String prefix = "w" + Long.toString(System.currentTimeMillis(), 36) + "n";

  Writers(Options options, OpenLoop loop) throws IOException {
    this.options = options;
    this.loop = loop;
    series = new Series(loop);
    ledger = options.out().resolve("ledger.tsv");
    lines = Files.newBufferedWriter(ledger, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  /** Starts them, spread over the interval. */
  void start() {
    Duration interval = options.writeInterval();
    for (int i = 0; i < options.writers(); i++) {
      loop.every(
          interval,
          interval.multipliedBy(i).dividedBy(options.writers()),
          new OpenLoop.Work(this::write, series::overload));
    }
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }

  /** Whom the core has created of those who were not acknowledged. */
  HalfCreated halfCreated() {
    return HalfCreated.of(notAcknowledged, options.core(), options);
  }

  private void write(Instant due) {
    String name = prefix + attempted.incrementAndGet();
    String email = name + "@" + options.domain();
    Instant deadline = loop.now().plus(TIMEOUT);
    String body =
        """
        {"hosting":"%s","appid":"lab-traffic","username":"%s","email":"%s",\
        "password":"correct horse","languageCode":"en","invitationtoken":"enjoy"}"""
            .formatted(options.hosting(), name, email);
    // The name stands in each nginx' access log, which tells who took the write.
    String headers =
        "Connection: close\r\nContent-Type: application/json\r\nUser-Agent: %s%s\r\n"
            .formatted(USER_AGENT, name);
    try (HttpsConnection connection =
        HttpsConnection.open(options.register(left(deadline)), options.peer(), left(deadline))) {
      Instant sent = loop.now();
      Response response = connection.exchange("POST /user", headers, body, left(deadline));
      if (response.status() == 200) {
        acknowledge(name, email, sent, response);
        series.right(due);
      } else {
        refused.incrementAndGet();
        notAcknowledged.add(name);
        series.error(due, "status " + response.status());
      }
    } catch (IOException e) {
      unanswered.incrementAndGet();
      notAcknowledged.add(name);
      series.error(due, e);
    }
  }

  private void acknowledge(String name, String email, Instant sent, Response response) {
    Instant now = loop.now();
    String runId = response.headers().getOrDefault("x-redis-run-id", Tenure.NOT_TOLD);
    acknowledged.add(new Tenure.Write(sent, now, runId));
    synchronized (lines) {
      try {
        lines.write(
            String.join("\t", List.of(name, email, now.toString(), runId, sent.toString())) + "\n");
        lines.flush();
      } catch (IOException e) {
        throw new UncheckedIOException("A write was acknowledged but is not in the ledger", e);
      }
    }
  }

  private Duration left(Instant deadline) {
    Duration left = Duration.between(loop.now(), deadline);
    return left.isNegative() ? Duration.ZERO : left;
  }
}
