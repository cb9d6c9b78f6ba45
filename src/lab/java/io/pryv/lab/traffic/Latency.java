package io.pryv.lab.traffic;

import java.time.Duration;
import java.util.Collection;
import java.util.List;

/** Percentiles of how long right answers took; zero where there were none. */
record Latency(Duration p50, Duration p99, Duration p999, Duration max) {

  static Latency of(Collection<Duration> latencies) {
    List<Duration> sorted = latencies.stream().sorted().toList();
    return new Latency(at(sorted, 0.5), at(sorted, 0.99), at(sorted, 0.999), at(sorted, 1));
  }

  /** The nearest rank. */
  private static Duration at(List<Duration> sorted, double share) {
    int rank = (int) Math.ceil(share * sorted.size());
    return sorted.isEmpty() ? Duration.ZERO : sorted.get(Math.max(0, rank - 1));
  }
}
