package io.pryv.lab.traffic;

import io.pryv.lab.traffic.HttpsConnection.Response;
import io.pryv.lab.users.GenerateUsers;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.xbill.DNS.CNAMERecord;
import org.xbill.DNS.Message;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;

/** The readers: HTTPS with a new connection each time, HTTPS over kept connections, and DNS. */
final class Probers {
  static final Duration TIMEOUT = Duration.ofSeconds(2);

  private static final int WARM_UP_PROBES = 50;

  final Series http;
  final Series keepAlive;
  final Series dns;
  final Series dnsResolver;
  final AtomicInteger reconnects = new AtomicInteger();
  final AtomicReference<Instant> sourceRetired = new AtomicReference<>();

  private final Options options;
  private final OpenLoop loop;
  private final Path retired;
  private final AtomicInteger turn = new AtomicInteger();

  Probers(Options options, OpenLoop loop) {
    this.options = options;
    this.loop = loop;
    retired = options.out().resolve("source-retired");
    http = new Series(loop);
    keepAlive = new Series(loop);
    dns = new Series(loop);
    dnsResolver = new Series(loop);
  }

  /** Starts them all, out of step: the register's own dns cannot bear two queries at once. */
  void start() {
    Duration period = options.probeInterval();
    loop.every(period, Duration.ZERO, new OpenLoop.Work(this::probeSource, dns::overload));
    loop.every(
        period,
        period.dividedBy(4),
        new OpenLoop.Work(due -> probeHttp(http, due), http::overload));
    loop.every(
        period,
        period.dividedBy(2),
        new OpenLoop.Work(
            due -> probeDns(dnsResolver, options.resolver(), due), dnsResolver::overload));
    for (int i = 0; i < options.keepAlive(); i++) {
      Duration phase = period.multipliedBy(i);
      OpenLoop.daemon("keep-alive", () -> keepAlive(phase)).start();
    }
  }

  /**
   * A few probes whose outcome does not count: the first handshake of a JVM takes a second, and
   * probes that leave late leave together. A platform that is down is no reason to wait for it.
   */
  void warmUp() {
    Series ignored = new Series(loop);
    for (int i = 0; i < WARM_UP_PROBES && ignored.probes().stream().noneMatch(Probe::bad); i++) {
      probeHttp(ignored, loop.now());
      probeDns(ignored, options.sourceDns(), loop.now());
      probeDns(ignored, options.resolver(), loop.now());
    }
  }

  private void probeHttp(Series series, Instant due) {
    Instant deadline = loop.now().plus(TIMEOUT);
    try (HttpsConnection connection = connect(deadline)) {
      judge(
          series, due, connection.exchange(request(), "Connection: close\r\n", "", left(deadline)));
    } catch (IOException e) {
      series.error(due, e);
    }
  }

  private void keepAlive(Duration phase) {
    Duration period = options.probeInterval().multipliedBy(options.keepAlive());
    HttpsConnection connection = null;
    Instant due = loop.now().plus(phase);
    try {
      while (!loop.isStopped()) {
        Duration wait = Duration.between(loop.now(), due);
        if (connection != null && connection.closedWithin(wait)) {
          // Closed while nothing was asked, which any client's library sees before it asks.
          connection.close();
          connection = null;
          reconnects.incrementAndGet();
        }
        if (loop.awaitStop(due)) {
          break;
        }
        connection = ask(connection, due);
        due = due.plus(period);
        if (due.isBefore(loop.now())) {
          due = loop.now();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (connection != null) {
      connection.close();
    }
  }

  /** Asks over the connection, or a new one, and gives the one to ask over next time, if any. */
  private HttpsConnection ask(HttpsConnection kept, Instant due) {
    Instant deadline = loop.now().plus(TIMEOUT);
    HttpsConnection connection = kept;
    try {
      if (connection == null) {
        connection = connect(deadline);
      }
      Response response = connection.exchange(request(), "", "", left(deadline));
      judge(keepAlive, due, response);
      if (response.headers().getOrDefault("connection", "").equalsIgnoreCase("close")) {
        connection.close();
        reconnects.incrementAndGet();
        return null;
      }
      return connection;
    } catch (IOException e) {
      keepAlive.error(due, e);
      if (connection != null) {
        connection.close();
        reconnects.incrementAndGet();
      }
      return null;
    }
  }

  private void probeSource(Instant due) {
    if (sourceRetired.get() == null && Files.exists(retired)) {
      sourceRetired.compareAndSet(null, due);
    }
    if (sourceRetired.get() == null) {
      probeDns(dns, options.sourceDns(), due);
    }
  }

  private void probeDns(Series series, InetSocketAddress server, Instant due) {
    try {
      Message answer = UdpQuery.ask(server, user() + "." + options.domain(), TIMEOUT);
      List<Record> records = answer.getSection(Section.ANSWER);
      if (answer.getRcode() != Rcode.NOERROR) {
        series.error(due, Rcode.string(answer.getRcode()));
      } else if (records.isEmpty()) {
        series.error(due, "empty answer");
      } else if (records.get(0) instanceof CNAMERecord) {
        series.right(due);
      } else {
        series.wrong(due, "not a core");
      }
    } catch (IOException e) {
      series.error(due, e);
    }
  }

  private HttpsConnection connect(Instant deadline) throws IOException {
    return HttpsConnection.open(options.register(left(deadline)), options.peer(), left(deadline));
  }

  private Duration left(Instant deadline) {
    Duration left = Duration.between(loop.now(), deadline);
    return left.isNegative() ? Duration.ZERO : left;
  }

  private String request() {
    return "GET /" + user() + "/check_username";
  }

  private String user() {
    return GenerateUsers.name(1 + Math.floorMod(turn.getAndIncrement(), options.users()));
  }

  private static void judge(Series series, Instant due, Response response) {
    if (response.status() != 200) {
      series.error(due, "status " + response.status());
    } else if (response.body().replace(" ", "").contains("\"reserved\":true")) {
      series.right(due);
    } else {
      series.wrong(due, "not the right body");
    }
  }
}
