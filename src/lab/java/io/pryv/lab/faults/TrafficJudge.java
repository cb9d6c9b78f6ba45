package io.pryv.lab.faults;

import com.fasterxml.jackson.databind.JsonNode;
import io.pryv.lab.traffic.AccessLogs;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What the clients' own report says about a migration; it knows nothing of the program's view. */
record TrafficJudge(JsonNode report) {

  private static final String UNSEEN = "a Redis that nobody saw, run_id ";

  /**
   * What no fault may lead to.
   *
   * @param machines which machine each Redis that was seen ran on, by {@code run_id}
   * @param takers who took the writes as the access logs tell: the proof that needs no {@code
   *     run_id}, which only our stand-in names
   * @param wentBack whether writes may come back to source after dest has taken some
   */
  List<String> problems(Map<String, String> machines, AccessLogs.Takers takers, boolean wentBack) {
    List<String> problems = new ArrayList<>();
    long wrong =
        report.at("/http/wrongAnswers").asLong() + report.at("/keepAlive/wrongAnswers").asLong();
    if (wrong > 0) {
      problems.add(wrong + " wrong answers over HTTPS");
    }
    for (String dns : List.of("dns", "dnsResolver")) {
      if (report.at("/" + dns + "/wrongMs").asDouble() > 0) {
        problems.add(
            "wrong DNS answers for %s ms (%s)"
                .formatted(report.at("/" + dns + "/wrongMs").asText(), dns));
      }
    }
    long anonymous = report.at("/writes/withoutRunId").asLong();
    if (anonymous > 0) {
      problems.add(
          anonymous + " answers to writes name no Redis: who took them can't be seen from them");
    }
    List<Taker> byRedis = new ArrayList<>();
    for (JsonNode tenure : report.at("/writes/redisRunIds")) {
      String runId = tenure.get("runId").asText();
      byRedis.add(
          new Taker(
              machines.getOrDefault(runId, UNSEEN + runId), tenure.get("interleaved").asBoolean()));
    }
    oneWriter(byRedis, handOvers(machines), wentBack).forEach(problems::add);
    oneWriter(
            takers.tenures().stream()
                .map(tenure -> new Taker(tenure.runId(), tenure.interleaved()))
                .toList(),
            takers.handOvers(),
            wentBack)
        .forEach(problem -> problems.add(problem + ", as the access logs tell"));
    if (!takers.notFound().isEmpty()) {
      problems.add(
          takers.notFound().size()
              + " acknowledged writes are in no access log, among them "
              + takers.notFound().get(0));
    }
    takers.contradictions().stream().limit(3).forEach(problems::add);
    for (String series : List.of("http", "dns", "dnsResolver", "writes")) {
      for (JsonNode window : report.at("/" + series + "/windows")) {
        if (window.get("open").asBoolean()) {
          problems.add(
              "clients were not served at the end (%s: %s)"
                  .formatted(series, window.get("reasons")));
        }
      }
    }
    return problems;
  }

  /** A machine, and whether it took a write after the next one had. */
  private record Taker(String machine, boolean interleaved) {}

  private static List<String> oneWriter(
      List<Taker> takers, List<String> handOvers, boolean wentBack) {
    List<String> problems = new ArrayList<>();
    boolean thereAndBack = wentBack && handOvers.equals(List.of(Lab.SOURCE, Lab.DEST, Lab.SOURCE));
    boolean destTookWrites = false;
    for (Taker taker : takers) {
      if (taker.interleaved && !thereAndBack) {
        problems.add("two writers: " + taker.machine + " took a write after its successor had");
      }
      if (taker.machine.equals(Lab.SOURCE) && destTookWrites && !wentBack) {
        problems.add("source took writes after dest had");
      }
      destTookWrites |= taker.machine.equals(Lab.DEST);
    }
    return problems;
  }

  /** The machines in the order in which they took writes; one whose Redis restarted counts once. */
  private List<String> handOvers(Map<String, String> machines) {
    List<String> order = new ArrayList<>();
    for (JsonNode runId : report.at("/writes/handOvers")) {
      String machine = machines.getOrDefault(runId.asText(), UNSEEN + runId.asText());
      if (order.isEmpty() || !order.get(order.size() - 1).equals(machine)) {
        order.add(machine);
      }
    }
    return order;
  }

  /** The length, in ms, of a series' bad windows that overlap that time. */
  long outageMs(String series, Instant from, Instant to) {
    Duration sum = Duration.ZERO;
    for (JsonNode window : report.at("/" + series + "/windows")) {
      Instant start = Instant.parse(window.get("start").asText());
      Instant end = Instant.parse(window.get("end").asText());
      if (start.isBefore(to) && end.isAfter(from)) {
        sum = sum.plus(Duration.between(start, end));
      }
    }
    return sum.toMillis();
  }
}
