package io.pryv.migration.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.dns.FakeDns;
import io.pryv.migration.machine.InMemoryJournal;
import io.pryv.migration.machine.SandboxHands;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.Options;
import io.pryv.migration.platform.Platform;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.process.FakeStep;
import io.pryv.migration.redis.FakeRedis;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class NamesComparisonTest {

  private static final String SOURCE = "10.90.0.11";
  private static final String DEST = "10.90.0.12";
  private static final String DEST_SLAVE = "10.90.0.14";
  private static final Duration LONG = Duration.ofMinutes(1);
  private static final List<String> USERS = List.of("ariane", "bertrand");

  private final FakeDns dns = new FakeDns();

  @BeforeEach
  void threeServersThatAgree() {
    serves(SOURCE, "10.90.0.11", "10.90.0.13", "2018010101");
    serves(DEST, "10.90.0.12", "10.90.0.14", "2026112201");
    serves(DEST_SLAVE, "10.90.0.12", "10.90.0.14", "2026112201");
  }

  private void serves(String server, String first, String second, String serial) {
    dns.answers(server, "pryv.lab", "NS", "NS dns1.pryv.lab", "NS dns2.pryv.lab")
        .answers(
            server,
            "pryv.lab",
            "SOA",
            "SOA dns1.pryv.lab admin.pryv.lab " + serial + " 1800 900 1209600 60")
        .answers(server, "pryv.lab", "MX", "MX 10 mail.pryv.lab", "MX 20 mx.host.example")
        .answers(server, "pryv.lab", "TXT", "TXT \"v=spf1 -all\"")
        .answers(server, "pryv.lab", "CAA", "CAA 0 issue \"letsencrypt.org\"")
        .answers(server, "pryv.lab", "A", "A 203.0.113.80")
        .answers(server, "reg.pryv.lab", "A", "A " + first)
        .answers(server, "access.pryv.lab", "A", "A " + first)
        .answers(server, "mail.pryv.lab", "A", "A " + first)
        .answers(server, "sw.pryv.lab", "A", "A 203.0.113.81", "A 203.0.113.82")
        .answers(server, "dns1.pryv.lab", "A", "A " + first)
        .answers(server, "dns2.pryv.lab", "A", "A " + second)
        .answers(server, "ariane.pryv.lab", "A", "CNAME core1.pryv.lab")
        .answers(server, "bertrand.pryv.lab", "A", "CNAME core2.pryv.lab");
  }

  private static Platform platform() {
    return new Platform(
        "lab",
        "pryv.lab",
        machine(Machine.Role.SOURCE, "source", SOURCE),
        machine(Machine.Role.DEST, "dest", DEST),
        List.of(machine(Machine.Role.SOURCE_SLAVE, "source-slave", "10.90.0.13")),
        List.of(machine(Machine.Role.DEST_SLAVE, "dest-slave", DEST_SLAVE)),
        "known_hosts",
        List.of("10.90.0.20"),
        List.of("10.90.0.21"),
        new Options(
            true,
            "",
            "rsa",
            5,
            1 << 20,
            Duration.ofMinutes(2),
            false,
            List.of("reg", "access"),
            200,
            Duration.ofMinutes(1),
            null));
  }

  private static Machine machine(Machine.Role role, String name, String address) {
    return new Machine(role, name, address, 22, "root", "key", "/var/pryv", address);
  }

  private NamesComparison.Compared compare() {
    return compare(dns, USERS);
  }

  private static NamesComparison.Compared compare(DnsClient dns, List<String> users) {
    return new NamesComparison(platform(), dns, Duration.ZERO, "orphan"::equals)
        .goOn(NamesComparison.Asked.NOTHING, users, LONG);
  }

  private List<String> differences() {
    return compare().differences().stream()
        .map(one -> one.server() + ", " + one.question() + ": " + one.found())
        .toList();
  }

  @Test
  void nothingDiffersWhenOnlySourcesAddressesBecameDests() {
    NamesComparison.Compared compared = compare();
    assertThat(compared.differences()).isEmpty();
    // 6 of the domain, reg and access, 5 usual names, 2 users, nobody.
    assertThat(compared.asked().names()).isEqualTo(16);
    assertThat(compared.asked().users()).isEqualTo(2);
    assertThat(compared.markdown()).contains("16 names compared (2 users) on dest, dest-slave");
  }

  @Test
  void asksEachServerOneQuestionAfterTheOther() {
    compare();
    assertThat(dns.asked())
        .containsSubsequence(
            SOURCE + " ariane.pryv.lab A",
            DEST + " ariane.pryv.lab A",
            DEST_SLAVE + " ariane.pryv.lab A",
            SOURCE + " bertrand.pryv.lab A");
  }

  @Test
  void anEmptyAnswerForAUserIsADifferenceAndSoIsAnotherCore() {
    dns.answers(DEST_SLAVE, "ariane.pryv.lab", "A")
        .answers(DEST, "bertrand.pryv.lab", "A", "CNAME core9.pryv.lab");
    assertThat(differences())
        .containsExactly(
            "dest-slave, A ariane.pryv.lab: NOERROR, no records",
            "dest, A bertrand.pryv.lab: CNAME core9.pryv.lab");
  }

  @Test
  void twoEmptyAnswersForAUserAreNotEqual() {
    for (String server : List.of(SOURCE, DEST, DEST_SLAVE)) {
      dns.answers(server, "ariane.pryv.lab", "A");
    }
    assertThat(compare().differences()).hasSize(2);
    assertThat(compare().differences().get(0).expected()).contains("source itself has no answer");
  }

  @Test
  void aUserWithoutACoreIsListedAndKeepsNobodyWaiting() {
    NamesComparison.Compared compared = compare(dns, List.of("ariane", "orphan"));
    assertThat(compared.differences()).isEmpty();
    assertThat(compared.asked().coreless()).containsExactly("orphan");
    assertThat(compared.markdown()).contains("Users without a core").contains("orphan");
  }

  @Test
  void aUserWithoutACoreWhomOneServerHasAnAnswerForDiffers() {
    dns.answers(DEST, "orphan.pryv.lab", "A", "CNAME core1.pryv.lab");
    assertThat(compare(dns, List.of("orphan")).differences()).isNotEmpty();
  }

  @Test
  void namesThatSendClientsBackToSourceAreDifferencesWithTheirRemedy() {
    dns.answers(DEST, "reg.pryv.lab", "A", "A 10.90.0.11")
        .answers(DEST_SLAVE, "mail.pryv.lab", "A", "A 10.90.0.11");
    assertThat(differences())
        .containsExactly(
            "dest, A reg.pryv.lab: A 10.90.0.11", "dest-slave, A mail.pryv.lab: A 10.90.0.11");
    assertThat(compare().differences())
        .allSatisfy(one -> assertThat(one.next()).contains("still names source"));
    assertThat(compare().failure())
        .hasMessageContaining("2 different")
        .hasMessageContaining("dest, A reg.pryv.lab: expected A of 10.90.0.12")
        .hasMessageContaining("set the new address there and restart");
  }

  @Test
  void aStaticNameThatThePlatformFileNamesMustExist() {
    dns.answers(SOURCE, "access.pryv.lab", "A")
        .answers(DEST, "access.pryv.lab", "A")
        .answers(DEST_SLAVE, "access.pryv.lab", "A");
    assertThat(differences())
        .containsExactly(
            "dest, A access.pryv.lab: NOERROR, no records",
            "dest-slave, A access.pryv.lab: NOERROR, no records");
  }

  @Test
  void aNameThatOnlySourceHasIsADifference() {
    dns.answers(SOURCE, "www.pryv.lab", "A", "A 203.0.113.90");
    assertThat(differences()).hasSize(2);
    dns.answers(DEST, "www.pryv.lab", "A", "A 203.0.113.90")
        .answers(DEST_SLAVE, "www.pryv.lab", "A", "A 203.0.113.90");
    assertThat(differences()).isEmpty();
  }

  @Test
  void recordsOfTheDomainMustBeTheSame() {
    dns.answers(DEST, "pryv.lab", "MX", "MX 10 mail.pryv.lab").answers(DEST, "pryv.lab", "CAA");
    assertThat(differences())
        .containsExactly(
            "dest, MX pryv.lab: MX 10 mail.pryv.lab", "dest, CAA pryv.lab: NOERROR, no records");
  }

  @Test
  void nameServersMayHaveOtherNamesOnDestAsLongAsTheyAreDests() {
    for (String server : List.of(DEST, DEST_SLAVE)) {
      dns.answers(server, "pryv.lab", "NS", "NS ns1.pryv.lab", "NS ns2.pryv.lab")
          .answers(server, "ns1.pryv.lab", "A", "A 10.90.0.12")
          .answers(server, "ns2.pryv.lab", "A", "A 10.90.0.14")
          .answers(
              server, "pryv.lab", "SOA", "SOA ns1.pryv.lab admin.pryv.lab 7 1800 900 1209600 60");
    }
    assertThat(differences()).isEmpty();
    dns.answers(DEST, "ns2.pryv.lab", "A", "A 10.90.0.13");
    assertThat(differences())
        .containsExactly("dest, NS pryv.lab: NS ns1.pryv.lab, NS ns2.pryv.lab");
  }

  @Test
  void aNameThatNobodyHasMustHaveNoRecords() {
    dns.answers(DEST, "register-migration-nobody.pryv.lab", "A", "A 203.0.113.66");
    assertThat(differences())
        .containsExactly("dest, A register-migration-nobody.pryv.lab: A 203.0.113.66");
    dns.answers(
        DEST,
        "register-migration-nobody.pryv.lab",
        "A",
        new DnsClient.Answer("NXDOMAIN", List.of(), 0, List.of(), List.of()));
    assertThat(differences())
        .containsExactly("dest, A register-migration-nobody.pryv.lab: NXDOMAIN, no records");
  }

  @Test
  void aServerThatDoesNotAnswerDiffersInEverything() {
    dns.down(DEST_SLAVE);
    assertThat(compare().differences()).hasSize(16);
    assertThat(compare().differences().get(0).next())
        .isEqualTo("see that the dns container of dest-slave runs and its port 53 is open");
  }

  @Test
  void anAnswerSpoiltByAnotherClientsQueryIsAskedForAgain() {
    FakeDns real = dns;
    boolean[] spoilt = new boolean[1];
    DnsClient busy =
        new DnsClient() {
          @Override
          public Answer ask(String server, String name, String type) {
            if (!spoilt[0] && server.equals(DEST) && name.equals("ariane.pryv.lab")) {
              spoilt[0] = true;
              return real.ask(server, "bertrand.pryv.lab", type);
            }
            return real.ask(server, name, type);
          }

          @Override
          public Answer resolve(String resolver, String name, String type) {
            return real.resolve(resolver, name, type);
          }
        };
    assertThat(compare(busy, USERS).differences()).isEmpty();
    assertThat(spoilt[0]).isTrue();
  }

  @Test
  void showsAtMostTwentyRows() {
    List<String> many = IntStream.range(0, 50).mapToObj(i -> "nobody" + i).toList();
    NamesComparison.Compared compared = compare(dns, many);
    assertThat(compared.differences()).hasSize(100);
    assertThat(compared.markdown().lines().filter(line -> line.startsWith("| dest"))).hasSize(20);
    assertThat(compared.failure().getMessage().length()).isLessThan(4000);
  }

  @Test
  void theStepComparesASampleOfSourcesUsersAndStopsOnADifference() {
    FakeRedis source = new FakeRedis("source").fixture("core1.pryv.lab");
    source.user("ariane", "ariane@mail.example", "core1.pryv.lab");
    source.user("bertrand", "bertrand@mail.example", "core2.pryv.lab");
    FakeStep step = step(source);
    VerifyDnsDelegate verify = new VerifyDnsDelegate(step.contexts(), dns);

    assertThat(step.run(verify))
        .isEqualTo("16 names (2 users) compared on dest, dest-slave, none differs");
    assertThat(step.get("namesCompared", Long.class)).isEqualTo(16);
    assertThat(step.get("namesDiffering", Long.class)).isZero();
    assertThat(step.get("verifyDnsDone", Boolean.class)).isTrue();

    dns.answers(DEST, "ariane.pryv.lab", "A");
    assertThatThrownBy(() -> step.run(verify))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("dest, A ariane.pryv.lab: expected CNAME core1.pryv.lab");
    assertThat(step.evidence("dns")).contains("1 differ").contains("ariane.pryv.lab");
  }

  @Test
  void aLargeSampleIsComparedInRoundsEachUserOnceWhoeverComesMeanwhile() {
    FakeRedis source = new FakeRedis("source").fixture("core1.pryv.lab");
    for (String user : List.of("ariane", "bertrand", "denise", "emile")) {
      user(source, user);
    }
    FakeStep step = step(source);
    VerifyDnsDelegate verify = inShortRounds(step);

    assertThat(step.run(verify))
        .isEqualTo("15 names (1 users) compared on dest, dest-slave so far, none differs");
    assertThat(step.get("verifyDnsDone", Boolean.class)).isFalse();
    step.run(verify);
    user(source, "aaron");
    user(source, "camille");
    for (int rounds = 2; rounds < 5; rounds++) {
      assertThat(step.get("verifyDnsDone", Boolean.class)).isFalse();
      step.run(verify);
    }

    assertThat(step.get("verifyDnsDone", Boolean.class)).isTrue();
    assertThat(step.get("namesCompared", Long.class)).isEqualTo(19);
    assertThat(step.evidence("dns")).contains("19 names compared (5 users)");
    assertThat(dns.asked()).filteredOn(asked -> asked.equals(DEST + " pryv.lab MX")).hasSize(1);
    assertThat(dns.asked())
        .filteredOn(asked -> asked.matches(DEST + " (ariane|bertrand|camille|denise|emile).*"))
        .hasSize(5);
  }

  @Test
  void aDifferenceOfALaterRoundIsMendedAndTheRetryGoesOnFromThere() {
    FakeRedis source = new FakeRedis("source").fixture("core1.pryv.lab");
    user(source, "ariane");
    user(source, "bertrand");
    FakeStep step = step(source);
    VerifyDnsDelegate verify = inShortRounds(step);
    step.run(verify);
    dns.answers(DEST, "bertrand.pryv.lab", "A");
    assertThatThrownBy(() -> step.run(verify)).hasMessageContaining("bertrand");

    user(source, "bertrand");
    assertThat(step.run(verify)).startsWith("16 names (2 users) compared");
    assertThat(step.get("verifyDnsDone", Boolean.class)).isTrue();
  }

  /** One user a round. */
  private VerifyDnsDelegate inShortRounds(FakeStep step) {
    return new VerifyDnsDelegate(step.contexts(), dns) {
      @Override
      Duration round() {
        return Duration.ZERO;
      }
    };
  }

  private static FakeStep step(FakeRedis source) {
    return new FakeStep(
            "m-1",
            platform(),
            new SandboxHands(),
            new InMemoryJournal(),
            new Register(platform().source(), null))
        .reaching(FakeRedis.door(source));
  }

  private void user(FakeRedis source, String name) {
    source.user(name, name + "@mail.example", "core1.pryv.lab");
    for (String server : List.of(SOURCE, DEST, DEST_SLAVE)) {
      dns.answers(server, name + ".pryv.lab", "A", "CNAME core1.pryv.lab");
    }
  }
}
