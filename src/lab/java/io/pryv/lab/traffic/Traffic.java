package io.pryv.lab.traffic;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The platform's clients: readers over HTTPS and DNS and writers, all in an open loop. Runs until
 * SIGTERM, then writes {@code report.json} and ends.
 *
 * <p>HTTP finds {@code reg.DOMAIN} through the resolver for each new connection, as clients do:
 * before the name servers change that leads to source, and afterwards to dest. DNS is measured
 * twice, straight at source (until a file {@code source-retired} appears in the output directory)
 * and through the resolver. The options are those of {@link Options#HELP}, which {@code --help}
 * prints.
 *
 * <p>An outage is the sum of bad intervals, each from the time its first bad probe was due to the
 * time the next good one was. A 200 with the wrong body is counted apart from errors: it is worse.
 * A write that got no answer is neither acknowledged nor refused. {@code ledger.tsv} has a line for
 * each acknowledged one: name, e-mail, when it was acknowledged, {@code run_id} of the Redis that
 * took it ({@value Tenure#NOT_TOLD} where the answer has none), when it was sent. A user whom the
 * core has and the register has not is counted as half created.
 */
public final class Traffic {
  private final Options options;
  private final OpenLoop loop = new OpenLoop();
  private final Probers probers;
  private final Writers writers;
  private Instant start;

  Traffic(Options options) throws IOException {
    this.options = options;
    Files.createDirectories(options.out());
    probers = new Probers(options, loop);
    writers = new Writers(options, loop);
  }

  public static void main(String[] arguments) throws IOException, InterruptedException {
    // dnsjava looks for a logger and complains that there is none.
    System.setProperty("slf4j.internal.verbosity", "ERROR");
    if (List.of(arguments).contains("--help")) {
      System.out.print(Options.HELP);
      return;
    }
    Options options;
    try {
      options = Options.parse(List.of(arguments));
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage() + "\n" + Options.HELP);
      System.exit(2);
      return;
    }
    Traffic traffic = new Traffic(options);
    CountDownLatch stop = new CountDownLatch(1);
    Thread main = Thread.currentThread();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> finish(stop, main)));
    traffic.start();
    System.out.println("Traffic runs");
    if (options.duration().isPresent()) {
      boolean stopped = stop.await(options.duration().get().toMillis(), TimeUnit.MILLISECONDS);
      System.out.println(stopped ? "Stopped" : "Time is over");
    } else {
      stop.await();
    }
    traffic.stop().write(options.out().resolve("report.json"));
    System.out.println("Report: " + options.out().resolve("report.json"));
  }

  /** Starts all clients, after a few probes that do not count. */
  void start() {
    probers.warmUp();
    start = loop.now();
    probers.start();
    writers.start();
  }

  /** Stops all clients, waits for what is under way, and sums up. */
  Report stop() throws IOException {
    Instant end = loop.now();
    loop.stop(Writers.TIMEOUT.plusSeconds(1));
    writers.close();
    Report report = new Report(start, end);
    return report
        .with("through", options.throughResolver() ? "resolver" : "source")
        .with("latestProbeMs", Report.millis(loop.latest()))
        .with("http", report.http(probers.http.probes()))
        .with("keepAlive", report.keepAlive(probers.keepAlive.probes(), probers.reconnects.get()))
        .with("dns", report.dns(probers.dns.probes(), probers.sourceRetired.get()))
        .with("dnsResolver", report.dns(probers.dnsResolver.probes(), null))
        .with("writes", report.writes(writers, writers.halfCreated()))
        .with(
            "handOver",
            Report.handOver(
                Stream.concat(probers.http.probes().stream(), probers.keepAlive.probes().stream())
                    .toList(),
                writers.acknowledged))
        .with("ledger", writers.ledger.toAbsolutePath().toString());
  }

  Probers probers() {
    return probers;
  }

  Writers writers() {
    return writers;
  }

  /** SIGTERM ends the process when this returns, so it waits until the report is written. */
  private static void finish(CountDownLatch stop, Thread main) {
    stop.countDown();
    try {
      main.join(Duration.ofSeconds(40).toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
