package io.pryv.lab.faults;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TrafficJudgeTest {

  private static final Map<String, String> MACHINES = Map.of("aa", "source", "bb", "dest");

  @Test
  void oneHandOverIsAsItShouldBe() throws JsonProcessingException {
    assertThat(judge(0, tenures("aa", false, "bb", false), "[]").problems(MACHINES, false))
        .isEmpty();
  }

  @Test
  void aWriteAfterTheSuccessorsFirstMeansTwoWriters() throws JsonProcessingException {
    assertThat(judge(0, tenures("aa", true, "bb", false), "[]").problems(MACHINES, false))
        .containsExactly("two writers: source took a write after its successor had");
  }

  @Test
  void writesComeBackToSourceOnlyWithARollback() throws JsonProcessingException {
    TrafficJudge judge = judge(0, tenures("bb", false, "aa", false), "[]");
    assertThat(judge.problems(MACHINES, false))
        .containsExactly("source took writes after dest had");
    assertThat(judge.problems(MACHINES, true)).isEmpty();
  }

  @Test
  void aSourceThatWasRestartedMayTakeWritesAgainAfterARollback() throws JsonProcessingException {
    Map<String, String> machines = Map.of("a1", "source", "a2", "source", "bb", "dest");
    TrafficJudge thereAndBack =
        handedOver(tenures("a2", true, "bb", false), "\"a1\",\"a2\",\"bb\",\"a2\"");
    assertThat(thereAndBack.problems(machines, true)).isEmpty();
    TrafficJudge twice =
        handedOver(tenures("a2", true, "bb", false), "\"a1\",\"bb\",\"a2\",\"bb\",\"a2\"");
    assertThat(twice.problems(machines, true))
        .containsExactly("two writers: source took a write after its successor had");
  }

  @Test
  void wrongAnswersCount() throws JsonProcessingException {
    assertThat(judge(3, "[]", "[]").problems(MACHINES, false))
        .containsExactly("3 wrong answers over HTTPS");
  }

  @Test
  void whoIsNotServedAtTheEndIsAProblem() throws JsonProcessingException {
    assertThat(
            judge(0, "[]", "[" + window("10:00:00", "10:00:05", true) + "]")
                .problems(MACHINES, false))
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
