package io.pryv.migration.nameservers;

import static io.pryv.migration.nameservers.PryvLab.PARENT;
import static io.pryv.migration.nameservers.PryvLab.RESOLVER;
import static org.assertj.core.api.Assertions.assertThat;

import io.pryv.migration.dns.DnsClient.Answer;
import io.pryv.migration.dns.FakeDns;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PropagationTest {

  private static final String DEST = "10.90.0.12";

  private final FakeDns dns = new FakeDns();

  @BeforeEach
  void everybodyNamesDest() {
    dns.delegates(PARENT, "pryv.lab", "dns1.pryv.lab=10.90.0.12", "dns2.pryv.lab=10.90.0.14");
    serves(DEST, "10.90.0.12", "10.90.0.14");
    serves(RESOLVER, "10.90.0.12", "10.90.0.14");
  }

  private void serves(String server, String first, String second) {
    dns.answers(server, "pryv.lab", "NS", "NS dns1.pryv.lab", "NS dns2.pryv.lab")
        .answers(server, "dns1.pryv.lab", "A", "A " + first)
        .answers(server, "dns2.pryv.lab", "A", "A " + second)
        .answers(server, "reg.pryv.lab", "A", "A " + first)
        .answers(server, "access.pryv.lab", "A", "A " + first);
  }

  private Propagation.Look look() {
    return new Propagation(PryvLab.platform(), dns).look();
  }

  private List<String> missing() {
    return look().views().stream()
        .filter(view -> !view.moved())
        .map(view -> view.who() + ", " + view.question() + ": " + view.says())
        .toList();
  }

  @Test
  void hasMovedWhenParentAndResolversNameDestOnly() {
    assertThat(look().moved()).isTrue();
    assertThat(look().missing()).isZero();
    assertThat(look().views()).hasSize(4);
  }

  @Test
  void hasNotMovedWhileTheParentStillDelegatesToSource() {
    dns.delegates(PARENT, "pryv.lab", "dns1.pryv.lab=10.90.0.11", "dns2.pryv.lab=10.90.0.13");
    assertThat(look().moved()).isFalse();
    assertThat(missing())
        .containsExactly(
            "parent 10.90.0.20, NS: dns1.pryv.lab 10.90.0.11, dns2.pryv.lab 10.90.0.13");
  }

  @Test
  void hasNotMovedWhileOneGlueRecordWasForgotten() {
    dns.delegates(PARENT, "pryv.lab", "dns1.pryv.lab=10.90.0.12", "dns2.pryv.lab=10.90.0.13");
    assertThat(missing()).hasSize(1);
  }

  @Test
  void hasNotMovedWhileAnOldNameServerIsStillListed() {
    dns.delegates(
        PARENT,
        "pryv.lab",
        "dns1.pryv.lab=10.90.0.12",
        "dns2.pryv.lab=10.90.0.14",
        "old.pryv.lab=10.90.0.14");
    assertThat(missing()).hasSize(1);
  }

  @Test
  void asksForGlueThatDidNotComeAlong() {
    dns.delegates(PARENT, "pryv.lab", "dns1.pryv.lab", "dns2.pryv.lab")
        .answers(
            PARENT,
            "dns1.pryv.lab",
            "A",
            new Answer(
                "NOERROR",
                List.of(),
                60,
                List.of("pryv.lab NS dns1.pryv.lab"),
                List.of("dns1.pryv.lab A 10.90.0.12")))
        .answers(PARENT, "dns2.pryv.lab", "A", "A 10.90.0.14");
    assertThat(missing()).isEmpty();
  }

  @Test
  void takesTheAnswerOfAProviderThatServesParentAndDomainAlike() {
    serves(PARENT, "10.90.0.12", "10.90.0.14");
    assertThat(missing()).isEmpty();
  }

  @Test
  void hasNotMovedWhileAResolverRemembersSource() {
    dns.answers(RESOLVER, "reg.pryv.lab", "A", "A 10.90.0.11");
    assertThat(missing()).containsExactly("resolver 10.90.0.21, A reg.pryv.lab: A 10.90.0.11");
    dns.answers(RESOLVER, "reg.pryv.lab", "A", "A 10.90.0.11", "A 10.90.0.12");
    assertThat(missing()).hasSize(1);
  }

  @Test
  void aServerThatDoesNotAnswerHasNotMoved() {
    dns.down(RESOLVER);
    assertThat(look().moved()).isFalse();
    assertThat(missing())
        .containsExactly(
            "resolver 10.90.0.21, NS: no answer",
            "resolver 10.90.0.21, A reg.pryv.lab: no answer",
            "resolver 10.90.0.21, A access.pryv.lab: no answer");
    assertThat(look().markdown())
        .contains("| resolver 10.90.0.21 | NS | no answer | **no**: no answer |");
  }

  @Test
  void anEmptyAnswerHasNotMoved() {
    dns.answers(RESOLVER, "reg.pryv.lab", "A");
    assertThat(missing()).containsExactly("resolver 10.90.0.21, A reg.pryv.lab: nothing");
  }

  @Test
  void whatStillLeadsToSourceOnlyNeedsTime() {
    dns.answers(RESOLVER, "reg.pryv.lab", "A", "A 10.90.0.11");
    dns.delegates(PARENT, "pryv.lab", "ns.other.example", "dns1.pryv.lab=10.90.0.99");
    assertThat(look().stuck()).isEmpty();
  }

  @Test
  void whatNoWaitingChangesHasAWordEach() {
    dns.down(RESOLVER);
    assertThat(look().stuck())
        .containsExactly(
            "resolver 10.90.0.21, NS: no answer",
            "resolver 10.90.0.21, A reg.pryv.lab: no answer",
            "resolver 10.90.0.21, A access.pryv.lab: no answer");

    everybodyNamesDest();
    dns.delegates(PARENT, "pryv.lab", "ns9.pryv.lab=10.90.0.12", "dns2.pryv.lab=10.90.0.14");
    assertThat(look().stuck())
        .containsExactly(
            "parent 10.90.0.20, NS: dest's addresses, under other names than dest's DNS gives");

    everybodyNamesDest();
    dns.delegates(
        PARENT,
        "pryv.lab",
        "dns1.pryv.lab=10.90.0.12",
        "dns2.pryv.lab=10.90.0.14",
        "ns3.pryv.lab=198.51.100.53");
    assertThat(look().stuck())
        .containsExactly("parent 10.90.0.20, NS: a server that is neither source's nor dest's");
    assertThat(look().markdown()).contains("neither source's nor dest's");

    everybodyNamesDest();
    dns.answers(RESOLVER, "reg.pryv.lab", "A");
    assertThat(look().stuck()).containsExactly("resolver 10.90.0.21, A reg.pryv.lab: no address");
  }
}
