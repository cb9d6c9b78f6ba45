package io.pryv.lab.traffic;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What {@code report.json} says, in its order. */
final class Report {

  /** Half of the 5 s around a hand-over. */
  private static final Duration AROUND = Duration.ofMillis(2500);

  private final Map<String, Object> fields = new LinkedHashMap<>();
  private final Instant end;

  Report(Instant start, Instant end) {
    this.end = end;
    fields.put("startedAt", start.toString());
    fields.put("endedAt", end.toString());
  }

  Report with(String name, Object value) {
    fields.put(name, value);
    return this;
  }

  Map<String, Object> fields() {
    return fields;
  }

  Map<String, Object> http(Collection<Probe> probes) {
    Map<String, Object> part = new LinkedHashMap<>();
    part.put("probes", probes.size());
    part.put("right", count(probes, Probe.Kind.RIGHT));
    part.put("wrongAnswers", count(probes, Probe.Kind.WRONG));
    part.put("errors", count(probes, Probe.Kind.ERROR));
    putOutage(part, probes, end);
    return part;
  }

  Map<String, Object> keepAlive(Collection<Probe> probes, int reconnects) {
    Map<String, Object> part = new LinkedHashMap<>();
    part.put("requests", probes.size());
    part.put("unanswered", count(probes, Probe.Kind.ERROR));
    part.put("wrongAnswers", count(probes, Probe.Kind.WRONG));
    part.put("reconnects", reconnects);
    part.put("reasons", reasons(probes));
    part.put("latencyMs", latency(probes));
    return part;
  }

  /** A DNS series; it ended early when its server was retired. */
  Map<String, Object> dns(Collection<Probe> probes, Instant retired) {
    Map<String, Object> part = new LinkedHashMap<>();
    part.put("probes", probes.size());
    part.put("failures", probes.stream().filter(Probe::bad).count());
    if (retired != null) {
      part.put("stoppedAt", retired.toString());
    }
    putOutage(part, probes, retired == null ? end : retired);
    return part;
  }

  Map<String, Object> writes(Writers writers, HalfCreated halfCreated) {
    Map<String, Object> part = new LinkedHashMap<>();
    part.put("attempted", writers.attempted.get());
    part.put("acknowledged", writers.acknowledged.size());
    part.put("refused", writers.refused.get());
    part.put("unanswered", writers.unanswered.get());
    part.put("halfCreated", halfCreated.unknown().isEmpty() ? halfCreated.names().size() : null);
    part.put("halfCreatedNames", halfCreated.names());
    part.put("halfCreatedUnknown", halfCreated.unknown());
    putOutage(part, writers.series.probes(), end);
    part.put(
        "withoutRunId",
        writers.acknowledged.stream()
            .filter(write -> write.runId().equals(Tenure.NOT_TOLD))
            .count());
    part.put("redisRunIds", Tenure.of(writers.acknowledged).stream().map(Report::tenure).toList());
    part.put("handOvers", Tenure.handOvers(writers.acknowledged));
    part.put("ledger", writers.ledger.toAbsolutePath().toString());
    return part;
  }

  /**
   * How long right answers took in the 5 s around the moment from which another Redis took the
   * writes, and before that; empty when one took them all.
   */
  static Map<String, Object> handOver(Collection<Probe> requests, Collection<Tenure.Write> writes) {
    List<Tenure> tenures = Tenure.of(writes);
    Map<String, Object> part = new LinkedHashMap<>();
    if (tenures.size() < 2) {
      return part;
    }
    Instant at = tenures.get(1).first();
    Instant from = at.minus(AROUND);
    part.put("at", at.toString());
    part.put("aroundMs", latency(within(requests, from, at.plus(AROUND))));
    part.put("beforeMs", latency(within(requests, Instant.MIN, from)));
    return part;
  }

  private static List<Probe> within(Collection<Probe> probes, Instant from, Instant to) {
    return probes.stream()
        .filter(probe -> !probe.scheduled().isBefore(from) && probe.scheduled().isBefore(to))
        .toList();
  }

  void write(Path file) throws IOException {
    Path draft = file.resolveSibling(file.getFileName() + ".draft");
    new ObjectMapper()
        .enable(SerializationFeature.INDENT_OUTPUT)
        .writeValue(draft.toFile(), fields);
    // Whoever waits for the report must never read half of it.
    Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  static double millis(Duration duration) {
    return Math.round(duration.toNanos() / 1_000.0) / 1_000.0;
  }

  private static void putOutage(Map<String, Object> part, Collection<Probe> probes, Instant end) {
    Outage outage = Outage.of(probes, end);
    part.put("outageMs", millis(outage.total()));
    part.put("wrongMs", millis(outage.wrong()));
    part.put("longestMs", millis(outage.longest()));
    part.put("reasons", reasons(probes));
    part.put("latencyMs", latency(probes));
    part.put("windows", outage.windows().stream().map(Report::window).toList());
  }

  private static Map<String, Object> window(Outage.Window window) {
    Map<String, Object> part = new LinkedHashMap<>();
    part.put("start", window.start().toString());
    part.put("end", window.end().toString());
    part.put("ms", millis(Duration.between(window.start(), window.end())));
    part.put("kind", window.kind());
    part.put("reasons", window.reasons());
    part.put("open", window.open());
    return part;
  }

  private static Map<String, Object> tenure(Tenure tenure) {
    Map<String, Object> part = new LinkedHashMap<>();
    part.put("runId", tenure.runId());
    part.put("writes", tenure.writes());
    part.put("first", tenure.first().toString());
    part.put("last", tenure.last().toString());
    part.put("interleaved", tenure.interleaved());
    return part;
  }

  private static Map<String, Object> latency(Collection<Probe> probes) {
    Latency latency =
        Latency.of(probes.stream().filter(probe -> !probe.bad()).map(Probe::latency).toList());
    Map<String, Object> part = new LinkedHashMap<>();
    part.put("p50", millis(latency.p50()));
    part.put("p99", millis(latency.p99()));
    part.put("p999", millis(latency.p999()));
    part.put("max", millis(latency.max()));
    return part;
  }

  private static Map<String, Integer> reasons(Collection<Probe> probes) {
    Map<String, Integer> reasons = new TreeMap<>();
    probes.stream()
        .filter(Probe::bad)
        .forEach(probe -> reasons.merge(probe.reason(), 1, Integer::sum));
    return reasons;
  }

  private static long count(Collection<Probe> probes, Probe.Kind kind) {
    return probes.stream().filter(probe -> probe.kind() == kind).count();
  }
}
