package io.pryv.lab.traffic;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** The probes of one kind, noted by many threads. */
final class Series {
  private final OpenLoop loop;
  private final Queue<Probe> probes = new ConcurrentLinkedQueue<>();

  Series(OpenLoop loop) {
    this.loop = loop;
  }

  void right(Instant scheduled) {
    note(scheduled, Probe.Kind.RIGHT, "");
  }

  void wrong(Instant scheduled, String reason) {
    note(scheduled, Probe.Kind.WRONG, reason);
  }

  void error(Instant scheduled, String reason) {
    note(scheduled, Probe.Kind.ERROR, reason);
  }

  void error(Instant scheduled, IOException cause) {
    error(scheduled, reason(cause));
  }

  void overload(Instant scheduled) {
    error(scheduled, "prober overloaded");
  }

  List<Probe> probes() {
    return List.copyOf(probes);
  }

  private void note(Instant scheduled, Probe.Kind kind, String reason) {
    probes.add(new Probe(scheduled, kind, reason, Duration.between(scheduled, loop.now())));
  }

  private static String reason(IOException cause) {
    String message = String.valueOf(cause.getMessage());
    return cause instanceof SocketTimeoutException ? "timeout" : message;
  }
}
