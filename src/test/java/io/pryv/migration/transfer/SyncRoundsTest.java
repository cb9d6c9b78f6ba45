package io.pryv.migration.transfer;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SyncRoundsTest {

  @Test
  void aRoundRecordedTwiceStandsOnce() {
    SyncRounds rounds =
        SyncRounds.NONE
            .and(1, new RsyncStats(3, 2, 286_331_153, 123_456_854, 2.32, 0))
            .and(2, new RsyncStats(3, 1, 286_331_200, 4_096, 69_905, 0))
            .and(2, new RsyncStats(3, 1, 286_331_200, 4_096, 69_905, 0));
    assertThat(rounds.markdown().lines())
        .containsExactly(
            "| round | files | changed | bytes in all | bytes transferred | speed-up |",
            "|---|---|---|---|---|---|",
            "| 1 | 3 | 2 | 286,331,153 | 123,456,854 | 2.3 |",
            "| 2 | 3 | 1 | 286,331,200 | 4,096 | 69905.0 |");
    assertThat(rounds.lastLine())
        .isEqualTo("round 2: 4,096 bytes transferred for 286,331,200 bytes in 3 files (1 changed)");
  }
}
