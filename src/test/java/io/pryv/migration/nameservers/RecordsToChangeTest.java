package io.pryv.migration.nameservers;

import static io.pryv.migration.nameservers.PryvLab.PARENT;
import static io.pryv.migration.nameservers.PryvLab.RESOLVER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.groups.Tuple.tuple;

import io.pryv.migration.dns.FakeDns;
import io.pryv.migration.dns.Parents;
import io.pryv.migration.platform.StepFailure;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RecordsToChangeTest {

  private static final String SOURCE = "10.90.0.11";
  private static final String DEST = "10.90.0.12";

  private final FakeDns dns = new FakeDns();

  @BeforeEach
  void aPlatformWhoseDomainIsDelegatedToSource() {
    dns.delegates(PARENT, "pryv.lab", "dns1.pryv.lab=10.90.0.11", "dns2.pryv.lab=10.90.0.13");
    serves(SOURCE, "10.90.0.11", "10.90.0.13");
    serves(DEST, "10.90.0.12", "10.90.0.14");
  }

  private void serves(String server, String first, String second) {
    dns.answers(server, "pryv.lab", "NS", "NS dns1.pryv.lab", "NS dns2.pryv.lab")
        .answers(server, "dns1.pryv.lab", "A", "A " + first)
        .answers(server, "dns2.pryv.lab", "A", "A " + second)
        .answers(server, "reg.pryv.lab", "A", "A " + first)
        .answers(server, "access.pryv.lab", "A", "A " + first);
  }

  private RecordsToChange.Listed list() {
    return new RecordsToChange(PryvLab.platform(), dns).list();
  }

  @Test
  void listsTheGlueToChangeFromOldToNewWithItsTtl() {
    assertThat(list().changes())
        .extracting(
            RecordsToChange.Change::name,
            RecordsToChange.Change::type,
            RecordsToChange.Change::now,
            RecordsToChange.Change::then,
            RecordsToChange.Change::ttl)
        .containsExactly(
            tuple("dns1.pryv.lab", "A", "10.90.0.11", "10.90.0.12", 172_800L),
            tuple("dns2.pryv.lab", "A", "10.90.0.13", "10.90.0.14", 172_800L));
    assertThat(list().longestTtl()).isEqualTo(172_800);
    assertThat(list().markdown())
        .contains("| `dns1.pryv.lab` | A | `10.90.0.11` | `10.90.0.12` | 172800 |");
  }

  @Test
  void listsNameServersToAddAndToRemove() {
    dns.answers(DEST, "pryv.lab", "NS", "NS dns1.pryv.lab", "NS dns3.pryv.lab")
        .answers(DEST, "dns3.pryv.lab", "A", "A 10.90.0.14");
    assertThat(list().changes())
        .extracting(change -> change.name() + " " + change.now() + " -> " + change.then())
        .containsExactly(
            "dns1.pryv.lab 10.90.0.11 -> 10.90.0.12",
            "pryv.lab dns2.pryv.lab -> ",
            "dns2.pryv.lab 10.90.0.13 -> ",
            "pryv.lab  -> dns3.pryv.lab",
            "dns3.pryv.lab  -> 10.90.0.14");
    assertThat(list().markdown()).contains("**remove**").contains("(none)");
  }

  @Test
  void pointsToTheOtherZoneWhenNameServersLiveOutsideTheDomain() {
    dns.delegates(PARENT, "pryv.lab", "ns1.host.example", "ns2.host.example")
        .answers(DEST, "pryv.lab", "NS", "NS ns1.host.example", "NS ns2.host.example");
    assertThat(list().changes())
        .extracting(RecordsToChange.Change::where)
        .containsExactly("zone of ns1.host.example", "zone of ns2.host.example");
  }

  @Test
  void saysThatNothingIsLeftToChange() {
    dns.delegates(PARENT, "pryv.lab", "dns1.pryv.lab=10.90.0.12", "dns2.pryv.lab=10.90.0.14");
    assertThat(list().changes()).isEmpty();
    assertThat(list().markdown()).contains("Nothing to change");
  }

  @Test
  void warnsThatSourcesOwnZoneGoesOnNamingSource() {
    assertThat(list().warnings())
        .singleElement()
        .asString()
        .contains("dns1.pryv.lab → 10.90.0.11 (dest: 10.90.0.12)")
        .contains("reg.pryv.lab")
        .contains("TTL 3600 s")
        .contains("slave-read-only no");
  }

  @Test
  void warnsThatDestsConfigurationStillNamesSource() {
    dns.answers(DEST, "reg.pryv.lab", "A", "A 10.90.0.11");
    assertThat(list().warnings())
        .anySatisfy(
            warning ->
                assertThat(warning)
                    .contains("dest's own DNS answers reg.pryv.lab with source's address"));
  }

  @Test
  void warnsThatTheParentsServersDisagree() {
    dns.delegates("10.90.0.22", "pryv.lab", "dns1.pryv.lab=10.90.0.12");
    RecordsToChange.Listed listed =
        new RecordsToChange(PryvLab.platform(List.of(PARENT, "10.90.0.22"), List.of(RESOLVER)), dns)
            .list();
    assertThat(listed.warnings())
        .anySatisfy(warning -> assertThat(warning).contains("the parent's servers disagree"));
  }

  @Test
  void failsWhenDestDoesNotKnowTheDomain() {
    dns.answers(DEST, "pryv.lab", "NS");
    assertThatThrownBy(this::list)
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("dest's name servers");
  }

  @Test
  void findsTheParentsThroughAResolver() {
    dns.answers(RESOLVER, "lab", "NS", "NS ns.lab", "NS ns2.lab")
        .answers(RESOLVER, "ns.lab", "A", "A 10.90.0.20")
        .answers(RESOLVER, "ns2.lab", "A", "A 10.90.0.20", "A 10.90.0.22");
    assertThat(Parents.of(PryvLab.platform(List.of(), List.of(RESOLVER)), dns))
        .containsExactly("10.90.0.20", "10.90.0.22");
  }

  @Test
  void asksForTheirNamesInThePlatformFileWhenNoParentIsFound() {
    dns.up(RESOLVER);
    assertThatThrownBy(() -> Parents.of(PryvLab.platform(List.of(), List.of(RESOLVER)), dns))
        .hasMessageContaining("nameServers.parents");
  }
}
