package io.pryv.lab.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OutageTest {
  private static final Instant START = Instant.parse("2024-01-01T00:00:00Z");

  /** One letter a probe, each 50 ms: right, wrong, error. */
  @ParameterizedTest
  @CsvSource({
    "RRRR,   0,   0,   0,   ''",
    "RERR,   50,  0,   50,  'error 50-100'",
    "REER,   100, 0,   100, 'error 50-150'",
    "ERER,   100, 0,   50,  'error 0-50; error 100-150'",
    "RWWR,   100, 100, 100, 'wrong 50-150'",
    "RWER,   100, 50,  100, 'mixed 50-150'",
    "REWWRE, 200, 100, 150, 'mixed 50-200; error 250-300 open'",
    "EEEE,   200, 0,   200, 'error 0-200 open'"
  })
  void sumsUpBadIntervals(String probes, int total, int wrong, int longest, String windows) {
    Outage outage = Outage.of(probes(probes), START.plusMillis(50L * probes.length()));

    assertThat(outage.total()).isEqualTo(Duration.ofMillis(total));
    assertThat(outage.wrong()).isEqualTo(Duration.ofMillis(wrong));
    assertThat(outage.longest()).isEqualTo(Duration.ofMillis(longest));
    assertThat(String.join("; ", outage.windows().stream().map(OutageTest::text).toList()))
        .isEqualTo(windows);
  }

  @Test
  void countsTheTimeAProbeWasDueWhateverTheOrderOfAnswers() {
    List<Probe> probes = probes("REERR");
    Collections.reverse(probes);
    assertThat(Outage.of(probes, START.plusSeconds(1)).total()).isEqualTo(Duration.ofMillis(100));
  }

  @Test
  void countsReasons() {
    Outage outage = Outage.of(probes("REER"), START.plusSeconds(1));
    assertThat(outage.windows().get(0).reasons()).containsEntry("E", 2);
  }

  @Test
  void findsNothingInNothing() {
    assertThat(Outage.of(List.of(), START).windows()).isEmpty();
  }

  private static List<Probe> probes(String letters) {
    List<Probe> probes = new ArrayList<>();
    for (int i = 0; i < letters.length(); i++) {
      char letter = letters.charAt(i);
      Probe.Kind kind =
          letter == 'R' ? Probe.Kind.RIGHT : letter == 'W' ? Probe.Kind.WRONG : Probe.Kind.ERROR;
      probes.add(new Probe(START.plusMillis(50L * i), kind, String.valueOf(letter), Duration.ZERO));
    }
    return probes;
  }

  private static String text(Outage.Window window) {
    return "%s %d-%d%s"
        .formatted(
            window.kind(),
            Duration.between(START, window.start()).toMillis(),
            Duration.between(START, window.end()).toMillis(),
            window.open() ? " open" : "");
  }
}
