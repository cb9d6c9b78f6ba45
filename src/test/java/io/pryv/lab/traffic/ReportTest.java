package io.pryv.lab.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import io.pryv.lab.traffic.Probe.Kind;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReportTest {

  private static final Instant SWITCH = Instant.parse("2026-01-31T12:00:00Z");

  @Test
  void answersAroundTheHandOverAreToldApartFromThoseBeforeIt() {
    List<Probe> requests = List.of(took(-60, 3), took(-1, 40), took(1, 20), took(60, 900));
    List<Tenure.Write> writes = List.of(write(-30, "source"), write(0, "dest"), write(30, "dest"));
    Map<String, Object> handOver = Report.handOver(requests, writes);
    assertThat(handOver.get("at")).isEqualTo(SWITCH.toString());
    assertThat((Map<?, ?>) handOver.get("aroundMs")).extracting("max").isEqualTo(40.0);
    assertThat((Map<?, ?>) handOver.get("beforeMs")).extracting("max").isEqualTo(3.0);
  }

  @Test
  void withoutAnotherRedisThereIsNoHandOver() {
    assertThat(Report.handOver(List.of(took(0, 3)), List.of(write(0, "source")))).isEmpty();
  }

  private static Probe took(long second, long millis) {
    return new Probe(SWITCH.plusSeconds(second), Kind.RIGHT, "", Duration.ofMillis(millis));
  }

  private static Tenure.Write write(long second, String redis) {
    Instant at = SWITCH.plusSeconds(second);
    return new Tenure.Write(at, at, redis);
  }
}
