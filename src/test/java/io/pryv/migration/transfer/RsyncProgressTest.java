package io.pryv.migration.transfer;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RsyncProgressTest {

  @Test
  void theNewestLineCounts() {
    assertThat(
            RsyncProgress.latest(
                "\r         32,768   0%    0.00kB/s    0:00:00  "
                    + "\r    143,163,392  50%  136.53MB/s    0:00:01  "
                    + "\r    277,741,568  97%   45.31MB/s    0:00:06 (xfr#1, to-chk=1/3)"))
        .contains(new RsyncProgress(277_741_568, 97, "45.31MB/s", "0:00:06"));
  }

  @Test
  void aLineCutOffAtItsBeginningOrEndIsNotTaken() {
    assertThat(
            RsyncProgress.latest("63,392  50%  136.53MB/s    0:00:01  \r    277,741,568  97%   4"))
        .contains(new RsyncProgress(63_392, 50, "136.53MB/s", "0:00:01"));
  }

  @Test
  void anotherLocaleAndAnUnknownTimeAreUnderstood() {
    assertThat(RsyncProgress.latest("  1.234.567  12%  512,00kB/s   ??:??:??"))
        .contains(new RsyncProgress(1_234_567, 12, "512,00kB/s", "??:??:??"));
  }

  @Test
  void beforeTheFirstLineThereIsNone() {
    assertThat(RsyncProgress.latest("receiving incremental file list\n./\nappendonly.aof\n"))
        .isEmpty();
  }

  @Test
  void itIsWordedForTheOperator() {
    assertThat(new RsyncProgress(277_741_568, 97, "45.31MB/s", "0:00:06"))
        .hasToString("277,741,568 bytes, 97 %, 45.31MB/s, 0:00:06 left");
  }
}
