package io.pryv.lab.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class LatencyTest {

  @Test
  void takesTheNearestRank() {
    Latency latency =
        Latency.of(LongStream.rangeClosed(1, 1_000).mapToObj(Duration::ofMillis).toList());
    assertThat(latency)
        .isEqualTo(
            new Latency(
                Duration.ofMillis(500),
                Duration.ofMillis(990),
                Duration.ofMillis(999),
                Duration.ofMillis(1_000)));
  }

  @Test
  void isZeroWithoutAnswers() {
    assertThat(Latency.of(List.of()).max()).isZero();
  }
}
