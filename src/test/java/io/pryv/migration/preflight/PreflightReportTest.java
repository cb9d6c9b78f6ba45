package io.pryv.migration.preflight;

import static org.assertj.core.api.Assertions.assertThat;

import io.pryv.migration.platform.ColdOutage;
import io.pryv.migration.platform.StrategyChoice;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PreflightReportTest {

  @Test
  void eachPartOfAFindingStaysOneLineWhateverItHolds() {
    PreflightReport report =
        new PreflightReport(
            List.of(
                Finding.pass("dest", "tools", "bash"),
                Finding.stop("source", "compose", "a|b", "line 1\n  line 2\r\nline 3", "mend it"),
                Finding.warn("dest", "clock", "right", "wrong", "set it")),
            Map.of(),
            1_234_567,
            ColdOutage.assumed(0),
            LiveChecks.decide(new StrategyChoice("cold", "platform file"), List.of()),
            Map.of("source: /site.conf", "--- a\n+++ b\n"),
            Optional.empty());

    assertThat(report.toMarkdown())
        .isEqualTo(
            """
            **1 stop, 1 warnings, 1 passed.** Expected outage: about 4 s. Redis data: 1,234,567 bytes.

            ### Stops: nothing can begin before these are mended

            - **source**: compose
              - expected: a|b
              - found: line 1 ↵ line 2 ↵ line 3
              - next: mend it

            ### Warnings

            - **dest**: clock
              - expected: right
              - found: wrong
              - next: set it

            ### What will be edited

            `source: /site.conf`

            ```diff
            --- a
            +++ b
            ```

            ### Passed

            | machine | what | found |
            |---|---|---|
            | dest | tools | bash |
            """);
  }

  @Test
  void theOutageOfAColdCutOverIsNotToldOfALiveOne() {
    PreflightReport live =
        new PreflightReport(
            List.of(),
            Map.of(),
            1,
            ColdOutage.assumed(0),
            LiveChecks.decide(new StrategyChoice("live", "platform file"), List.of()),
            Map.of(),
            Optional.empty());
    assertThat(live.toMarkdown())
        .startsWith("**0 stop, 0 warnings, 0 passed.** Redis data: 1 bytes.");
  }

  @Test
  void factsSurviveWhateverAFileHolds() {
    String output = "noise\na\t" + "YQkiwrcKCg==" + "\nb\t\n\tx\n";

    Facts facts = Facts.parse(output);

    assertThat(facts.raw("a")).contains("a\t\"·\n\n");
    assertThat(facts.has("b")).isFalse();
    assertThat(facts.raw("b")).contains("");
    assertThat(facts.raw("c")).isEmpty();
    assertThat(facts.number("a")).isEqualTo(-1);
  }
}
