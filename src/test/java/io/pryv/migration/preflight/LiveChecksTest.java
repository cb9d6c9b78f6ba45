package io.pryv.migration.preflight;

import static org.assertj.core.api.Assertions.assertThat;

import io.pryv.migration.platform.StrategyChoice;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LiveChecksTest {

  private final Map<String, String> source = new HashMap<>(Map.of("tools", "bash\nssh\nrsync"));
  private final Map<String, String> dest =
      new HashMap<>(Map.of("redis.tools", "bash\nssh\nredis-cli\ntimeout"));

  private List<String> obstacles(String ofSource, String ofDest, String... confs) {
    return LiveChecks.obstacles(
        ofSource,
        Optional.of(ofDest).filter(version -> !version.isEmpty()),
        new Facts(source),
        new Facts(dest),
        List.of(confs));
  }

  @Test
  void aPlatformOfThatAgeCanBeSwitchedLive() {
    assertThat(obstacles("5.0.2", "5.0.14", "port 6379\n# requirepass foobared\n")).isEmpty();
    LiveChecks.Decision decision = LiveChecks.decide(fromFile("auto"), List.of());
    assertThat(decision.strategy()).isEqualTo("live");
    assertThat(decision.chosenBy()).isEqualTo("auto");
    assertThat(decision.reason()).contains("nothing stands against a live cut-over");
    assertThat(decision.finding().level()).isEqualTo(Finding.Level.PASS);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "4.0.9 | 4.0.9  | source's Redis is 4.0.9",
        "5.0.2 | 6.0.1  | 5.0.2 on source and 6.0.1 on dest",
        "5.0.2 | ''     | not known before its launch"
      })
  void versionsThatDoNotGoBothWaysStandAgainstIt(String ofSource, String ofDest, String said) {
    assertThat(obstacles(ofSource, ofDest)).singleElement().asString().contains(said);
  }

  @Test
  void whatItNeedsOnTheMachinesIsNamed() {
    source.put("tools", "bash");
    source.put("sshd", "allowtcpforwarding no");
    dest.put("redis.tools", "bash\nredis-cli");
    assertThat(obstacles("5.0.2", "5.0.2", "rename-command CONFIG x\n", "requirepass x\n"))
        .containsExactly(
            "no ssh on source",
            "source's sshd forbids forwarding, by which dest reaches source's Redis",
            "no ssh, no timeout in dest's Redis container",
            "a redis.conf has rename-command",
            "a redis.conf has requirepass");
  }

  @ParameterizedTest
  @CsvSource({"auto, WARN, cold", "live, STOP, live", "cold, PASS, cold"})
  void whetherAnObstacleStopsIsTheOperatorsChoice(
      String wanted, Finding.Level level, String strategy) {
    LiveChecks.Decision decision = LiveChecks.decide(fromFile(wanted), List.of("no ssh on source"));
    assertThat(decision.finding().level()).isEqualTo(level);
    assertThat(decision.strategy()).isEqualTo(strategy);
    if (!wanted.equals("cold")) {
      assertThat(decision.reason()).contains("no ssh on source");
    }
  }

  @Test
  void whoChoseItIsTold() {
    assertThat(LiveChecks.decide(new StrategyChoice("cold", "start form"), List.of()))
        .extracting(LiveChecks.Decision::chosenBy, LiveChecks.Decision::reason)
        .containsExactly("start form", "chosen in the start form");
    assertThat(LiveChecks.decide(fromFile("live"), List.of()))
        .extracting(LiveChecks.Decision::chosenBy, LiveChecks.Decision::reason)
        .containsExactly("platform file", "chosen in the platform file");
  }

  private static StrategyChoice fromFile(String wanted) {
    return new StrategyChoice(wanted, "platform file");
  }
}
