package io.pryv.migration.platform;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ColdOutageTest {

  @Test
  void theEstimateGrowsWithTheBytesAsOurOwnWindowsDid() {
    assertThat(ColdOutage.assumed(0).total()).isEqualTo(Duration.ofSeconds(4));
    assertThat(ColdOutage.assumed(10_000_000).total())
        .isBetween(Duration.ofSeconds(4), Duration.ofMillis(4_500));
    assertThat(ColdOutage.assumed(350_000_000).total())
        .isBetween(Duration.ofSeconds(10), Duration.ofSeconds(15));
  }

  @Test
  void whatWasMeasuredTakesThePlaceOfWhatIsAssumed() {
    ColdOutage outage = ColdOutage.assumed(10_000_000).with(Optional.of(Duration.ofMillis(800)));

    assertThat(outage.total()).isEqualTo(Duration.ofMillis(3_500 + 200 + 100 + 800));
    assertThat(outage.words())
        .isEqualTo(
            "measured here: last sync as the last round 0.8 s; as on the practice platform: steps"
                + " 3.5 s, dest loads its data 0.2 s, checksums 0.1 s");
  }

  @Test
  void whatWasNotMeasuredStaysAssumedAndIsNamedSo() {
    ColdOutage outage = ColdOutage.assumed(0).with(Optional.empty());

    assertThat(outage.total()).isEqualTo(Duration.ofSeconds(4));
    assertThat(outage.words()).startsWith("as on the practice platform: steps and last sync 4.0 s");
  }
}
