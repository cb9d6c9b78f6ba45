package io.pryv.migration.preflight;

import static org.assertj.core.api.Assertions.assertThat;

import io.pryv.migration.dns.DnsClient.Answer;
import io.pryv.migration.dns.FakeDns;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.Machine.Role;
import io.pryv.migration.platform.Options;
import io.pryv.migration.platform.Platform;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NameChecksTest {

  private static final String SOURCE = "198.51.100.11";
  private static final String SLAVE = "198.51.100.13";
  private static final String DEST = "203.0.113.12";
  private static final String DEST_SLAVE = "203.0.113.14";
  private static final String PARENT = "192.0.2.1";
  private static final String RESOLVER = "192.0.2.53";

  private final FakeDns dns = new FakeDns();
  private List<String> parents = List.of(PARENT);
  private boolean destRuns;

  @BeforeEach
  void everythingAnswers() {
    dns.delegates(PARENT, "pryv.lab", "dns1.pryv.lab=" + SOURCE, "dns2.pryv.lab=" + SLAVE);
    dns.answers(RESOLVER, "pryv.lab", "NS", "NS dns1.pryv.lab", "NS dns2.pryv.lab");
    for (String server : List.of(SOURCE, SLAVE, DEST, DEST_SLAVE)) {
      dns.answers(server, "pryv.lab", "NS", "NS dns1.pryv.lab");
      dns.answers(server, "reg.pryv.lab", "A", "A " + SOURCE);
      dns.answers(server, "alice01.pryv.lab", "CNAME", "CNAME core1.pryv.lab");
    }
  }

  @Test
  void aPlatformThatAnswersPasses() {
    destRuns = true;

    assertThat(check())
        .isNotEmpty()
        .allSatisfy(finding -> assertThat(finding.level()).isEqualTo(Finding.Level.PASS));
    assertThat(check())
        .extracting(Finding::found)
        .contains("dns1.pryv.lab, dns2.pryv.lab at 198.51.100.11, 198.51.100.13, TTL 172800 s");
  }

  @Test
  void aDelegationElsewhereStops() {
    dns.delegates(PARENT, "pryv.lab", "dns1.pryv.lab=198.51.100.99");

    assertFinding(
        Finding.Level.STOP,
        "platform",
        PARENT + " delegates pryv.lab",
        "to source: 198.51.100.11, 198.51.100.13",
        "dns1.pryv.lab at 198.51.100.99, TTL 172800 s");
  }

  @Test
  void aDelegationToAnotherMachineAsWellIsAWarning() {
    dns.delegates(PARENT, "pryv.lab", "dns1.pryv.lab=" + SOURCE, "dns3.pryv.lab=198.51.100.99");

    assertFinding(
        Finding.Level.WARN,
        "platform",
        PARENT + " delegates pryv.lab",
        "to source and its slaves only",
        "198.51.100.99");
  }

  @Test
  void aDelegationWithoutGlueIsFollowedThroughTheResolver() {
    dns.delegates(PARENT, "pryv.lab", "ns.hoster.example");
    dns.answers(RESOLVER, "ns.hoster.example", "A", "A " + SOURCE);

    assertFinding(
        Finding.Level.PASS,
        "platform",
        PARENT + " delegates pryv.lab",
        "",
        "ns.hoster.example at 198.51.100.11");
  }

  @Test
  void aServerThatDoesNotDelegateStops() {
    dns.answers(
        PARENT, "pryv.lab", "NS", new Answer("NXDOMAIN", List.of(), 0, List.of(), List.of()));

    assertFinding(
        Finding.Level.STOP,
        "platform",
        PARENT + " delegates pryv.lab",
        "a delegation to source",
        "none");
  }

  @Test
  void parentsAreFoundByResolution() {
    parents = List.of();
    dns.answers(RESOLVER, "lab", "NS", "NS a.nic.lab");
    dns.answers(RESOLVER, "a.nic.lab", "A", "A " + PARENT);

    assertFinding(
        Finding.Level.PASS, "platform", PARENT + " delegates pryv.lab", "", "dns1.pryv.lab");
  }

  @Test
  void parentsThatCannotBeFoundStop() {
    parents = List.of();

    assertFinding(
        Finding.Level.STOP,
        "platform",
        "name servers that delegate pryv.lab",
        "some, found through the resolvers",
        "none");
  }

  @Test
  void aSilentParentOrResolverIsAWarning() {
    dns.down(PARENT).down(RESOLVER);

    assertFinding(
        Finding.Level.WARN, "platform", "parent name server " + PARENT, "an answer", "none");
    assertFinding(Finding.Level.WARN, "platform", "resolver " + RESOLVER, "an answer", "none");
  }

  @Test
  void aSlaveWithoutAnswerForAUserStopsWhateverDockerSays() {
    dns.answers(SLAVE, "alice01.pryv.lab", "CNAME");

    assertFinding(
        Finding.Level.STOP,
        "source-slave",
        "DNS CNAME alice01.pryv.lab at " + SLAVE,
        "the user's core",
        "NOERROR without records");
  }

  @Test
  void aSilentDestSlaveStopsOnlyOnceDestRuns() {
    dns.down(DEST_SLAVE);
    assertFinding(
        Finding.Level.WARN,
        "dest-slave",
        "DNS NS pryv.lab at " + DEST_SLAVE,
        "name servers",
        "none");

    destRuns = true;
    assertFinding(
        Finding.Level.STOP,
        "dest-slave",
        "DNS NS pryv.lab at " + DEST_SLAVE,
        "name servers",
        "none");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "A 192.0.2.80", "A 192.0.2.80|A 198.51.100.11", "CNAME sw.example.com"})
  void aStaticNameThatIsNotSourcesToMoveStops(String records) {
    dns.answers(
        SOURCE, "reg.pryv.lab", "A", records.isEmpty() ? new String[0] : records.split("\\|", -1));

    assertFinding(
        Finding.Level.STOP,
        "source",
        "DNS reg.pryv.lab",
        "options.staticNames",
        records.isEmpty() ? "no record" : records.replace("|", ", "));
  }

  @Test
  void aStaticNameOfASlaveMovesToDestsSlave() {
    dns.answers(SOURCE, "reg.pryv.lab", "A", "A " + SLAVE);
    assertThat(check())
        .filteredOn(finding -> finding.check().equals("DNS reg.pryv.lab"))
        .extracting(Finding::level)
        .containsExactly(Finding.Level.PASS);
  }

  private List<Finding> check() {
    Platform platform =
        new Platform(
            "practice",
            "pryv.lab",
            machine(Role.SOURCE, "source", SOURCE),
            machine(Role.DEST, "dest", DEST),
            List.of(machine(Role.SOURCE_SLAVE, "source-slave", SLAVE)),
            List.of(machine(Role.DEST_SLAVE, "dest-slave", DEST_SLAVE)),
            "",
            parents,
            List.of(RESOLVER),
            new Options(
                true,
                "",
                "rsa",
                1,
                1,
                Duration.ofMinutes(1),
                false,
                List.of("reg"),
                1,
                Duration.ofSeconds(1),
                null));
    return NameChecks.of(platform, dns, List.of("alice01"), destRuns);
  }

  private static Machine machine(Role role, String name, String address) {
    return new Machine(role, name, address, 22, "root", "/key", "/var/pryv", address);
  }

  private void assertFinding(
      Finding.Level level, String machine, String check, String expected, String found) {
    assertThat(check())
        .anySatisfy(
            finding -> {
              assertThat(finding.level()).isEqualTo(level);
              assertThat(finding.machine()).isEqualTo(machine);
              assertThat(finding.check()).isEqualTo(check);
              assertThat(finding.expected()).contains(expected);
              assertThat(finding.found()).contains(found);
              assertThat(finding.next().isEmpty()).isEqualTo(level == Finding.Level.PASS);
            });
  }
}
