package io.pryv.migration.preflight;

import static org.assertj.core.api.Assertions.assertThat;

import io.pryv.migration.platform.Layout;
import io.pryv.migration.platform.Machine;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DataChecksTest {

  private static final Layout LAYOUT =
      new Layout(
          "docker-compose",
          "/c.yml",
          "pryv",
          "/run",
          "/stop",
          "/data",
          "9999:9999",
          "/redis.conf",
          "/n",
          "/n/site.conf",
          "",
          "r",
          "n",
          "g",
          "d",
          "5.0.2");

  @ParameterizedTest
  @CsvSource({
    "124, STOP, 124 bytes free",
    "126, WARN, 126 bytes free",
    "299, WARN, 299 bytes free",
    "1000000, PASS, 0 MB free",
    "unknown, WARN, overlay 1 1 unknown 27% /"
  })
  void destNeedsRoomForSourcesData(String free, Finding.Level level, String found) {
    Facts facts = new Facts(Map.of("data.disk", "overlay 1 1 " + free + " 27% /"));

    assertThat(DataChecks.ofDest(facts, LAYOUT, 100, false))
        .filteredOn(finding -> finding.check().equals("room for the data"))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.level()).isEqualTo(level);
              assertThat(finding.found()).isEqualTo(found);
            });
  }

  @ParameterizedTest
  @CsvSource({"99999, false, false", "5000000, false, true", "5000000, true, false"})
  void dataThatIsThereBeforeTheLaunchIsAWarning(long bytes, boolean runs, boolean warned) {
    Facts facts = new Facts(Map.of("data.bytes", String.valueOf(bytes)));

    assertThat(
            DataChecks.ofDest(facts, LAYOUT, 100, runs).stream()
                .anyMatch(finding -> finding.check().equals("data directory /data")))
        .isEqualTo(warned);
  }

  @ParameterizedTest
  @CsvSource({
    "MemAvailable:  1000000 kB, 100000000, PASS",
    "MemAvailable:  1000000 kB, 300000000, WARN",
    "MemAvailable:  1000000 kB, 800000000, STOP",
    "MemFree: 1 kB, 1, WARN"
  })
  void destNeedsMemoryForRedisAndForWhoReadsIt(String line, long used, Finding.Level level) {
    assertThat(DataChecks.ofMemory(new Facts(Map.of("memory", line)), used).level())
        .isEqualTo(level);
  }

  @ParameterizedTest
  @CsvSource({
    "'', replicaof 10.0.0.1 6379, a master: no replicaof, replicaof 10.0.0.1 6379",
    "'', slaveof 10.0.0.1 6379, a master: no replicaof, replicaof 10.0.0.1 6379",
    "requirepass secret, '', 'no password, as the vendor''s template has it', requirepass",
    "'', requirepass secret, 'no password, as the vendor''s template has it', requirepass",
  })
  void aRedisConfOfAFollowerOrWithAPasswordStops(
      String ofSource, String ofDest, String expected, String found) {
    assertThat(DataChecks.ofRedisConf(ofSource, ofDest, LAYOUT, LAYOUT))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.level()).isEqualTo(Finding.Level.STOP);
              assertThat(finding.check()).isEqualTo("/redis.conf");
              assertThat(finding.expected()).isEqualTo(expected);
              assertThat(finding.found()).isEqualTo(found);
              assertThat(finding.toString()).doesNotContain("secret");
            });
  }

  @ParameterizedTest
  @CsvSource({
    "open, ssh-ed25519 AAAA1, PASS, 'open, host key is dest''s own'",
    "open, ssh-ed25519 AAAA9, STOP, another host's: ssh-ed25519",
    "open, '', WARN, ssh-keyscan shows none",
    "Connection refused, '', STOP, Connection refused",
    "no answer within 5 s, '', STOP, no answer within 5 s",
    "No route to host, '', STOP, No route to host",
  })
  void theOtherMachineIsTheOneWeKnow(
      String answer, String hostKey, Finding.Level level, String found) {
    Machine dest =
        new Machine(Machine.Role.DEST, "dest", "h", 2222, "root", "/k", "/var/pryv", "192.0.2.2");
    String scanned = hostKey.isEmpty() ? "" : "# comment\n[192.0.2.2]:2222 " + hostKey;

    assertThat(
            ReachChecks.ssh(
                "source",
                new Facts(Map.of("reach.ssh.dest", answer, "keyscan.dest", scanned)),
                dest,
                List.of("ssh-rsa AAAA0 root@dest", "ssh-ed25519 AAAA1 root@dest")))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.level()).isEqualTo(level);
              assertThat(finding.machine()).isEqualTo("source");
              assertThat(finding.check()).isEqualTo("source → 192.0.2.2:2222");
              assertThat(finding.found()).isEqualTo(found);
            });
  }

  @ParameterizedTest
  @CsvSource({
    "open, false, PASS",
    "open, true, PASS",
    "Connection refused, false, PASS",
    "Connection refused, true, STOP",
    "no answer within 5 s, false, STOP",
  })
  void beforeTheLaunchARefusedConnectionShowsThatNothingIsInBetween(
      String answer, boolean launched, Finding.Level level) {
    Machine dest =
        new Machine(Machine.Role.DEST, "dest", "h", 22, "root", "/k", "/var/pryv", "192.0.2.2");

    assertThat(
            ReachChecks.https(
                    "source", new Facts(Map.of("reach.https.dest", answer)), dest, launched)
                .level())
        .isEqualTo(level);
  }
}
