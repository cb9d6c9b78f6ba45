package io.pryv.lab.traffic;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The bad intervals of a series of probes: each runs from the time its first bad probe was due to
 * the time the next good one was.
 *
 * @param total of all intervals
 * @param wrong the part of the total in which answers were wrong rather than missing
 * @param longest of the intervals
 */
record Outage(Duration total, Duration wrong, Duration longest, List<Window> windows) {

  /**
   * One bad interval.
   *
   * @param kind {@code wrong}, {@code error}, or {@code mixed}
   * @param reasons how many probes failed for which reason
   * @param open whether it lasted until the end of the measurement
   */
  record Window(
      Instant start, Instant end, String kind, Map<String, Integer> reasons, boolean open) {}

  /** Sums up probes, in any order, of a measurement that ended then. */
  static Outage of(Collection<Probe> probes, Instant end) {
    List<Probe> inOrder = probes.stream().sorted(Comparator.comparing(Probe::scheduled)).toList();
    Duration total = Duration.ZERO;
    Duration wrong = Duration.ZERO;
    Duration longest = Duration.ZERO;
    List<Window> windows = new ArrayList<>();
    for (int i = 0; i < inOrder.size(); i++) {
      if (!inOrder.get(i).bad()) {
        continue;
      }
      int first = i;
      while (i < inOrder.size() && inOrder.get(i).bad()) {
        Instant next = i + 1 < inOrder.size() ? inOrder.get(i + 1).scheduled() : end;
        if (inOrder.get(i).kind() == Probe.Kind.WRONG) {
          wrong = wrong.plus(between(inOrder.get(i).scheduled(), next));
        }
        i++;
      }
      boolean open = i == inOrder.size();
      Window window = window(inOrder.subList(first, i), open ? end : inOrder.get(i).scheduled());
      Duration length = between(window.start, window.end);
      total = total.plus(length);
      longest = length.compareTo(longest) > 0 ? length : longest;
      windows.add(new Window(window.start, window.end, window.kind, window.reasons, open));
    }
    return new Outage(total, wrong, longest, List.copyOf(windows));
  }

  private static Window window(List<Probe> bad, Instant end) {
    Map<String, Integer> reasons = new TreeMap<>();
    bad.forEach(probe -> reasons.merge(probe.reason(), 1, Integer::sum));
    long wrong = bad.stream().filter(probe -> probe.kind() == Probe.Kind.WRONG).count();
    String kind = wrong == 0 ? "error" : wrong == bad.size() ? "wrong" : "mixed";
    return new Window(bad.get(0).scheduled(), end, kind, reasons, false);
  }

  private static Duration between(Instant start, Instant end) {
    return end.isAfter(start) ? Duration.between(start, end) : Duration.ZERO;
  }
}
