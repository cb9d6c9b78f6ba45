package io.pryv.lab.faults;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pryv.lab.traffic.AccessLogs;
import io.pryv.lab.traffic.Tenure;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TrafficJudgeTest {

  private static final Map<String, String> MACHINES = Map.of("aa", "source", "bb", "dest");

  private static final AccessLogs.Takers NOBODY =
      new AccessLogs.Takers(List.of(), List.of(), List.of(), List.of());

  @Test
  void answersThatNameNoRedisProveNothing() throws JsonProcessingException {
    TrafficJudge judge =
        new TrafficJudge(new ObjectMapper().readTree("{\"writes\":{\"withoutRunId\":3}}"));
    assertThat(judge.problems(MACHINES, NOBODY, false))
        .containsExactly(
            "3 answers to writes name no Redis: who took them can't be seen from them");
  }

  @Test
  void theAccessLogsAloneProveTwoWritersToo() throws JsonProcessingException {
    Instant at = at("10:00:00");
    List<Tenure.Write> writes =
        List.of(
            new Tenure.Write(at, at.plusMillis(1), "source"),
            new Tenure.Write(at.plusMillis(2), at.plusMillis(3), "dest"),
            new Tenure.Write(at.plusMillis(4), at.plusMillis(5), "source"));
    AccessLogs.Takers takers =
        new AccessLogs.Takers(
            Tenure.of(writes), Tenure.handOvers(writes), List.of("lost"), List.of());
    assertThat(judge(0, "[]", "[]").problems(MACHINES, takers, false))
        .containsExactly(
            "two writers: source took a write after its successor had, as the access logs tell",
            "1 acknowledged writes are in no access log, among them lost");
    assertThat(judge(0, "[]", "[]").problems(MACHINES, takers, true)).hasSize(1);
  }

  @Test
  void oneHandOverIsAsItShouldBe() throws JsonProcessingException {
    assertThat(judge(0, tenures("aa", false, "bb", false), "[]").problems(MACHINES, NOBODY, false))
        .isEmpty();
  }

  @Test
  void aWriteAfterTheSuccessorsFirstMeansTwoWriters() throws JsonProcessingException {
    assertThat(judge(0, tenures("aa", true, "bb", false), "[]").problems(MACHINES, NOBODY, false))
        .containsExactly("two writers: source took a write after its successor had");
  }

  @Test
  void writesComeBackToSourceOnlyWithARollback() throws JsonProcessingException {
    TrafficJudge judge = judge(0, tenures("bb", false, "aa", false), "[]");
    assertThat(judge.problems(MACHINES, NOBODY, false))
        .containsExactly("source took writes after dest had");
    assertThat(judge.problems(MACHINES, NOBODY, true)).isEmpty();
  }

  @Test
  void aSourceThatWasRestartedMayTakeWritesAgainAfterARollback() throws JsonProcessingException {
    Map<String, String> machines = Map.of("a1", "source", "a2", "source", "bb", "dest");
    TrafficJudge thereAndBack =
        handedOver(tenures("a2", true, "bb", false), "\"a1\",\"a2\",\"bb\",\"a2\"");
    assertThat(thereAndBack.problems(machines, NOBODY, true)).isEmpty();
    TrafficJudge twice =
        handedOver(tenures("a2", true, "bb", false), "\"a1\",\"bb\",\"a2\",\"bb\",\"a2\"");
    assertThat(twice.problems(machines, NOBODY, true))
        .containsExactly("two writers: source took a write after its successor had");
  }

  @Test
  void wrongAnswersCount() throws JsonProcessingException {
    assertThat(judge(3, "[]", "[]").problems(MACHINES, NOBODY, false))
        .containsExactly("3 wrong answers over HTTPS");
  }

  @Test
  void whoIsNotServedAtTheEndIsAProblem() throws JsonProcessingException {
    assertThat(
            judge(0, "[]", "[" + window("10:00:00", "10:00:05", true) + "]")
                .problems(MACHINES, NOBODY, false))
        .singleElement()
        .asString()
        .startsWith("clients were not served at the end (http");
  }

  @Test
  void anOutageBelongsToTheFaultWhoseTimeItOverlaps() throws JsonProcessingException {
    TrafficJudge judge =
        judge(
            0,
            "[]",
            "["
                + window("10:00:00", "10:00:05", false)
                + ","
                + window("10:01:00", "10:01:02", false)
                + "]");
    assertThat(judge.outageMs("http", at("10:00:04"), at("10:00:30"))).isEqualTo(5000);
    assertThat(judge.outageMs("http", at("10:00:06"), at("10:00:30"))).isZero();
    assertThat(judge.outageMs("http", at("09:00:00"), at("11:00:00"))).isEqualTo(7000);
  }

  private static Instant at(String time) {
    return Instant.parse("2026-01-31T" + time + "Z");
  }

  private static String window(String start, String end, boolean open) {
    return "{\"start\":\"%s\",\"end\":\"%s\",\"open\":%s,\"reasons\":{\"timeout\":1}}"
        .formatted(at(start), at(end), open);
  }

  private static String tenures(String first, boolean mixed, String second, boolean mixedToo) {
    return "[{\"runId\":\"%s\",\"interleaved\":%s},{\"runId\":\"%s\",\"interleaved\":%s}]"
        .formatted(first, mixed, second, mixedToo);
  }

  private static TrafficJudge handedOver(String tenures, String runIds)
      throws JsonProcessingException {
    return new TrafficJudge(
        new ObjectMapper()
            .readTree(
                "{\"writes\":{\"redisRunIds\":%s,\"handOvers\":[%s]}}".formatted(tenures, runIds)));
  }

  private static TrafficJudge judge(int wrong, String tenures, String windows)
      throws JsonProcessingException {
    return new TrafficJudge(
        new ObjectMapper()
            .readTree(
                "{\"http\":{\"wrongAnswers\":%d,\"windows\":%s},\"writes\":{\"redisRunIds\":%s}}"
                    .formatted(wrong, windows, tenures)));
  }
}
