package io.pryv.migration.platform;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ColdOutageTest {

  @Test
  void theEstimateGrowsWithUsersAndBytesAsOurOwnWindowsDid() {
    assertThat(ColdOutage.assumed(0, 0).total()).isEqualTo(Duration.ofMillis(4_200));
    assertThat(ColdOutage.assumed(20_000, 10_000_000).total())
        .isBetween(Duration.ofSeconds(6), Duration.ofSeconds(7));
    assertThat(ColdOutage.assumed(1_000_000, 350_000_000).total())
        .isBetween(Duration.ofSeconds(100), Duration.ofSeconds(130));
  }

  @Test
  void whatWasMeasuredTakesThePlaceOfWhatIsAssumed() {
    ColdOutage outage =
        ColdOutage.assumed(20_000, 10_000_000)
            .with(Optional.of(Duration.ofMillis(800)), Optional.of(Duration.ofMillis(3_500)));

    assertThat(outage.total()).isEqualTo(Duration.ofMillis(2_000 + 100 + 800 + 3_500 + 1_500));
    assertThat(outage.words())
        .isEqualTo(
            "measured here: last sync as the last round 0.8 s, dest starts as at its launch 3.5 s; as"
                + " on the practice platform: services 1.5 s, dest reads its users 2.0 s, checksums"
                + " 0.1 s");
  }

  @Test
  void whatWasNotMeasuredStaysAssumedAndIsNamedSo() {
    ColdOutage outage =
        ColdOutage.assumed(0, 0).with(Optional.of(Duration.ofSeconds(9)), Optional.empty());

    assertThat(outage.total()).isEqualTo(Duration.ofMillis(4_200 - 500 + 9_000));
    assertThat(outage.words())
        .startsWith("measured here: last sync as the last round 9.0 s; as on the practice platform")
        .contains("services 3.7 s");
  }
}
