package io.pryv.migration.preflight;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LiveChecksTest {

  private final Map<String, String> source = new HashMap<>(Map.of("tools", "bash\nssh\nrsync"));
  private final Map<String, String> closer = new HashMap<>(Map.of("as.root", "yes"));
  private final Map<String, String> dest =
      new HashMap<>(Map.of("redis.tools", "bash\nssh\nredis-cli\ntimeout"));

  private List<String> obstacles(String ofSource, String ofDest, String... confs) {
    return LiveChecks.obstacles(
        ofSource,
        Optional.of(ofDest).filter(version -> !version.isEmpty()),
        new Facts(source),
        new Facts(closer),
        new Facts(dest),
        List.of(confs));
  }

  @Test
  void aPlatformOfThatAgeCanBeSwitchedLive() {
    assertThat(obstacles("5.0.2", "5.0.14", "port 6379\n# requirepass foobared\n")).isEmpty();
    assertThat(LiveChecks.decide("auto", List.of()).level()).isEqualTo(Finding.Level.PASS);
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
    closer.clear();
    dest.put("redis.tools", "bash\nredis-cli");
    assertThat(obstacles("5.0.2", "5.0.2", "rename-command CONFIG x\n", "requirepass x\n"))
        .containsExactly(
            "on source, the user is not root and may not use `sudo -n`",
            "no ssh on source",
            "source's sshd forbids forwarding, by which dest reaches source's Redis",
            "no ssh, no timeout in dest's Redis container",
            "a redis.conf has rename-command",
            "a redis.conf has requirepass");
  }

  @ParameterizedTest
  @CsvSource({"auto, WARN", "live, STOP", "cold, PASS"})
  void whetherAnObstacleStopsIsTheOperatorsChoice(String wanted, Finding.Level level) {
    assertThat(LiveChecks.decide(wanted, List.of("no ssh on source")).level()).isEqualTo(level);
  }
}
