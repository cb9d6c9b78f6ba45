package io.pryv.migration.preflight;

import static org.assertj.core.api.Assertions.assertThat;

import io.pryv.migration.dns.DnsJavaClient;
import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.InMemoryJournal;
import io.pryv.migration.machine.JournalledHands;
import io.pryv.migration.machine.SshShells;
import io.pryv.migration.machine.TlsProbe;
import io.pryv.migration.platform.Platform;
import io.pryv.migration.platform.PlatformFile;
import io.pryv.migration.platform.StrategyChoice;
import io.pryv.migration.redis.JedisServers;
import io.pryv.migration.redis.RedisAddresses;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** On the practice platform in its golden state ({@code script/lab reset}). */
@Tag("e2e")
class PreflightEndToEndTest {

  private static final Path LAB = Path.of("target/lab").toAbsolutePath();

  /** Every file below CONF_ROOT but data and logs, which the running services write. */
  private static final String FINGERPRINT =
      "find /var/pryv ~/.ssh -type f -not -path '*/data/*' -not -path '*/log/*' -exec sha256sum {} +"
          + " | sort; docker ps -a --format '{{.Names}} {{.State}}' | sort";

  private Path file;
  private Path knownHosts;
  private String before;

  @BeforeEach
  void fingerprint() throws IOException {
    file = Files.createTempFile(LAB, "wrong-", ".yaml");
    knownHosts = Files.createTempFile(LAB, "known_hosts-", "");
    before = machines();
  }

  @AfterEach
  void touchesNothing() throws IOException {
    Files.delete(file);
    Files.delete(knownHosts);
    assertThat(machines()).isEqualTo(before);
  }

  @Test
  void findsNothingThatStopsAPlatformAsItIsDeployed() throws IOException {
    PreflightReport report = preflight("", "");
    assertThat(stops(report)).isEmpty();
    assertThat(report.layouts()).containsOnlyKeys("source", "dest", "source-slave", "dest-slave");
    assertThat(report.layouts().get("source").redisContainer()).isEqualTo("pryv_redis_1");
  }

  @Test
  void stopsAtAUserWhoMayNotLogIn() throws IOException {
    assertThat(stops(preflight("user: root", "user: nobody")))
        .anySatisfy(
            stop -> {
              assertThat(stop.machine()).isEqualTo("source");
              assertThat(stop.found() + stop.check() + stop.next()).contains("nobody");
              assertThat(stop.next()).isNotEmpty();
            });
  }

  @Test
  void stopsAtAHostKeyThatIsNotThePinnedOne() throws IOException {
    Files.writeString(
        knownHosts,
        Files.readString(LAB.resolve("ssh/known_hosts"))
            .replace("source,10.90.0.11 ", "swapped ")
            .replace("dest,10.90.0.12 ", "source,10.90.0.11 ")
            .replace("swapped ", "dest,10.90.0.12 "));
    assertThat(stops(preflight("ssh/known_hosts", knownHosts.getFileName().toString())))
        .extracting(Finding::machine)
        .contains("source", "dest");
  }

  @Test
  void stopsAtAPortWhereNobodyListens() throws IOException {
    assertThat(stops(preflight("host: 10.90.0.12", "host: 10.90.0.12\n  port: 2222")))
        .anySatisfy(
            stop -> {
              assertThat(stop.machine()).isEqualTo("dest");
              assertThat(stop.check() + stop.found()).contains("2222");
            });
  }

  @Test
  void stopsAtAConfRootThatIsNotThere() throws IOException {
    assertThat(stops(preflight("confRoot: /var/pryv", "confRoot: /var/nothing")))
        .anySatisfy(
            stop -> {
              assertThat(stop.machine()).isEqualTo("source");
              assertThat(stop.check() + stop.expected() + stop.found()).contains("/var/nothing");
            });
  }

  private PreflightReport preflight(String right, String wrong) throws IOException {
    Files.writeString(file, Files.readString(LAB.resolve("platform.yaml")).replace(right, wrong));
    Platform platform = PlatformFile.read(file);
    try (SshShells shells = new SshShells(Path.of(platform.knownHosts()))) {
      return new Preflight(
              platform,
              shells::to,
              new JedisServers(
                  new JournalledHands(shells, new InMemoryJournal()), new RedisAddresses()),
              new DnsJavaClient(),
              new TlsProbe(Duration.ofSeconds(5)),
              List.of(),
              Surveys.US,
              StrategyChoice.of("", platform.options()))
          .look();
    }
  }

  private static List<Finding> stops(PreflightReport report) {
    return report.findings().stream()
        .filter(finding -> finding.level() == Finding.Level.STOP)
        .toList();
  }

  private static String machines() {
    Platform platform = PlatformFile.read(LAB.resolve("platform.yaml"));
    StringBuilder all = new StringBuilder();
    try (SshShells shells = new SshShells(Path.of(platform.knownHosts()))) {
      platform
          .machines()
          .forEach(
              machine ->
                  all.append(
                      shells
                          .to(machine)
                          .run(Command.look("take its fingerprint", FINGERPRINT))
                          .orFail("run script/lab reset")));
    }
    return all.toString();
  }
}
