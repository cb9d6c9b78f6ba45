package io.pryv.migration.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class StrategyChoiceTest {

  @ParameterizedTest
  @NullSource
  @ValueSource(strings = {"", "asPlatformFile"})
  void withoutAChoiceInTheFormThePlatformFileDecides(String form) {
    assertThat(StrategyChoice.of(form, options("cold")))
        .isEqualTo(new StrategyChoice("cold", "platform file"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"auto", "live", "cold"})
  void theFormsChoiceWins(String form) {
    for (String file : List.of("auto", "live", "cold")) {
      assertThat(StrategyChoice.of(form, options(file)))
          .isEqualTo(new StrategyChoice(form, "start form"));
    }
  }

  @Test
  void whoChoseLiveOrColdIsToldAndAutoIsNobody() {
    assertThat(StrategyChoice.of("live", options("cold")).chosenBy()).isEqualTo("start form");
    assertThat(StrategyChoice.of("", options("cold")).chosenBy()).isEqualTo("platform file");
    assertThat(StrategyChoice.of("", options("auto")).chosenBy()).isEqualTo("auto");
    assertThat(StrategyChoice.of("auto", options("cold")).chosenBy()).isEqualTo("auto");
  }

  @Test
  void nonsenseIsRefusedWithWhatIsAllowed() {
    for (Object nonsense : List.of("LIVE", "warm", " ", true, 5)) {
      assertThatThrownBy(() -> StrategyChoice.of(nonsense, options("auto")))
          .isInstanceOf(StepFailure.class)
          .hasMessageContaining("wantedStrategy")
          .hasMessageContaining("one of asPlatformFile, auto, live, cold")
          .hasMessageContaining("\"" + nonsense + "\"");
    }
  }

  private static Options options(String strategy) {
    return new Options(
        true,
        "",
        "rsa",
        5,
        1,
        Duration.ofMinutes(2),
        false,
        List.of(),
        0,
        Duration.ofMinutes(1),
        null,
        strategy,
        true,
        false,
        Duration.ofSeconds(10));
  }
}
