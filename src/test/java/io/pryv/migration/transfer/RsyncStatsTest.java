package io.pryv.migration.transfer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class RsyncStatsTest {

  static Stream<Arguments> outputs() {
    return Stream.of(
        Arguments.of(
            "rsync 3.2",
            """

            Number of files: 3 (reg: 2, dir: 1)
            Number of created files: 2 (reg: 2)
            Number of deleted files: 0
            Number of regular files transferred: 2
            Total file size: 286,331,153 bytes
            Total transferred file size: 286,331,153 bytes
            Literal data: 286,331,153 bytes
            Matched data: 0 bytes
            File list size: 0
            File list generation time: 0.001 seconds
            File list transfer time: 0.000 seconds
            Total bytes sent: 65
            Total bytes received: 123,456,789

            sent 65 bytes  received 123,456,789 bytes  35,273,386.86 bytes/sec
            total size is 286,331,153  speedup is 2.32
            Took: 4021 ms
            """,
            new RsyncStats(3, 2, 286_331_153, 123_456_854, 2.32, 4_021)),
        Arguments.of(
            "rsync 3.0, no grouping",
            """
            Number of files: 3
            Number of files transferred: 1
            Total file size: 1048576 bytes
            Total transferred file size: 524288 bytes
            Literal data: 1024 bytes
            Total bytes sent: 4210
            Total bytes received: 2048

            sent 4210 bytes  received 2048 bytes  4172.00 bytes/sec
            total size is 1048576  speedup is 167.56
            """,
            new RsyncStats(3, 1, 1_048_576, 6_258, 167.56, 0)),
        Arguments.of(
            "German grouping",
            """
            Number of files: 5 (reg: 3, dir: 2)
            Number of regular files transferred: 1
            Total file size: 1.234.567 bytes
            Total bytes sent: 1.234
            Total bytes received: 98.765
            total size is 1.234.567  speedup is 12,35
            """,
            new RsyncStats(5, 1, 1_234_567, 99_999, 12.35, 0)),
        Arguments.of(
            "French grouping by narrow blanks",
            """
            Number of files: 2 (reg: 1, dir: 1)
            Number of regular files transferred: 0
            Total file size: 1\u202f234\u202f567 bytes
            Total bytes sent: 20
            Total bytes received: 1\u00a0050
            total size is 1\u202f234\u202f567  speedup is 1\u202f153,80
            """,
            new RsyncStats(2, 0, 1_234_567, 1_070, 1153.80, 0)),
        Arguments.of(
            "nothing changed, speed-up without decimals",
            """
            Number of files: 3 (reg: 2, dir: 1)
            Number of regular files transferred: 0
            Total file size: 286,331,153 bytes
            Total bytes sent: 20
            Total bytes received: 92
            total size is 286,331,153  speedup is 2,556,528
            """,
            new RsyncStats(3, 0, 286_331_153, 112, 2_556_528, 0)),
        Arguments.of(
            "behind progress lines",
            """
            \r              0   0%    0.00kB/s    0:00:00 (xfr#0, to-chk=0/3)

            Number of files: 3 (reg: 2, dir: 1)
            Number of regular files transferred: 0
            Total file size: 10 bytes
            Total bytes sent: 1
            Total bytes received: 2
            total size is 10  speedup is 3.33
            """,
            new RsyncStats(3, 0, 10, 3, 3.33, 0)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("outputs")
  void theStatisticsAreReadWhateverTheVersionAndLocale(
      String name, String output, RsyncStats expected) {
    assertThat(RsyncStats.parse(output)).contains(expected);
  }

  @Test
  void anRsyncThatDiedHasNoStatistics() {
    assertThat(
            RsyncStats.parse(
                """
                rsync: connection unexpectedly closed (0 bytes received so far) [Receiver]
                rsync error: unexplained error (code 255) at io.c(228) [Receiver=3.2.7]
                """))
        .isEmpty();
    assertThat(RsyncStats.parse("")).isEmpty();
  }
}
