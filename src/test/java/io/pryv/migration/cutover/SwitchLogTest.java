package io.pryv.migration.cutover;

import static org.assertj.core.api.Assertions.assertThat;

import io.pryv.migration.cutover.SwitchLog.Outcome;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SwitchLogTest {

  private static final String LOG =
      """
      1718000000000000000 begin switch
      1718000000100000000 fence
      1718000000111500000 held offset 42
      bash: warning: something
      1718000000122800000 reloaded
      1718000000300000000 outcome switched
      """;

  @Test
  void tellsWhereTheTimeWent() {
    SwitchLog log = SwitchLog.parse(LOG);
    assertThat(log.outcome()).contains(Outcome.SWITCHED);
    assertThat(log.millis("fence", "reloaded")).contains(22.8);
    assertThat(log.millis("fence", "linked")).isEmpty();
    assertThat(log.markdown())
        .contains("| -100.0 | begin | switch |")
        .contains("| 11.5 | held | offset 42 |");
    assertThat(SwitchLog.parse("").outcome()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "switched                                 | SWITCHED",
        "switched but: nginx did not take it      | BUT",
        "undone: a client is inside a MULTI       | UNDONE",
        "unknown: dest does not tell              | UNKNOWN"
      })
  void readsTheOutcome(String words, Outcome outcome) {
    SwitchLog log = SwitchLog.parse("1718000000300000000 outcome " + words + "\n");
    assertThat(log.outcome()).contains(outcome);
    assertThat(log.said()).isEqualTo(words);
  }
}
