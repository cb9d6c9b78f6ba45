package io.pryv.migration.dns;

import static io.pryv.migration.nameservers.PryvLab.PARENT;
import static io.pryv.migration.nameservers.PryvLab.RESOLVER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.nameservers.PryvLab;
import io.pryv.migration.platform.StepFailure;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class WhereClientsGoTest {

  private static final String SECOND_PARENT = "10.90.0.22";
  private static final List<String> DEST = List.of("10.90.0.12", "10.90.0.14");

  private final FakeDns dns = new FakeDns();

  @BeforeEach
  void everybodyNamesSource() {
    for (String parent : List.of(PARENT, SECOND_PARENT)) {
      dns.delegates(parent, "pryv.lab", "dns1.pryv.lab=10.90.0.11", "dns2.pryv.lab=10.90.0.13");
    }
    dns.answers(RESOLVER, "pryv.lab", "NS", "NS dns1.pryv.lab", "NS dns2.pryv.lab")
        .answers(RESOLVER, "dns1.pryv.lab", "A", "A 10.90.0.11")
        .answers(RESOLVER, "dns2.pryv.lab", "A", "A 10.90.0.13")
        .answers(RESOLVER, "reg.pryv.lab", "A", "A 10.90.0.11")
        .answers(RESOLVER, "access.pryv.lab", "A", "A 10.90.0.11");
  }

  private WhereClientsGo look() {
    return WhereClientsGo.look(
        PryvLab.platform(List.of(PARENT, SECOND_PARENT), List.of(RESOLVER)), dns);
  }

  private void prove(boolean evenTheSilent) {
    look().proveNobodyIsLedTo("dest", DEST, evenTheSilent);
  }

  @Test
  void nobodyIsLedToDestWhileEverybodyNamesSource() {
    assertThat(look().leadingTo(DEST)).isEmpty();
    assertThat(look().silent()).isEmpty();
    assertThatCode(() -> prove(true)).doesNotThrowAnyException();
  }

  @Test
  void aParentThatIsSilentHidesNothingOfWhatTheOtherSays() {
    dns.down(PARENT);
    dns.delegates(SECOND_PARENT, "pryv.lab", "dns1.pryv.lab=10.90.0.12");

    assertThat(look().leadingTo(DEST))
        .extracting(WhereClientsGo.Answer::who)
        .containsExactly("parent " + SECOND_PARENT);
    assertThat(look().silent()).containsExactly("parent " + PARENT);
    assertThatThrownBy(() -> prove(false))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("parent 10.90.0.22, NS: 10.90.0.12");
  }

  @Test
  void theAddressOfANameServerOutsideTheDomainIsResolved() {
    dns.delegates(PARENT, "pryv.lab", "ns.provider.example");
    dns.answers(RESOLVER, "ns.provider.example", "A", "A 10.90.0.14");

    assertThat(look().leadingTo(DEST))
        .extracting(WhereClientsGo.Answer::who)
        .containsExactly("parent " + PARENT);
  }

  @Test
  void aNameServerThatNobodyCanResolveMayLeadAnywhere() {
    dns.delegates(PARENT, "pryv.lab", "ns.provider.example");

    assertThat(look().silent())
        .containsExactly("parent 10.90.0.20, A of its name server ns.provider.example");
    assertThatThrownBy(() -> prove(true)).hasMessageContaining("ns.provider.example");
  }

  @Test
  void oneStaticNameInOneResolversCacheIsEnough() {
    dns.answers(RESOLVER, "access.pryv.lab", "A", "A 10.90.0.12");

    assertThat(look().leadingTo(DEST))
        .extracting(WhereClientsGo.Answer::question)
        .containsExactly("A access.pryv.lab");
  }

  @Test
  void silenceIsNoProofOnceRecordsMayHaveBeenChanged() {
    dns.down(RESOLVER);

    assertThatThrownBy(() -> prove(true))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("no answer from resolver " + RESOLVER);
    assertThatCode(() -> prove(false)).doesNotThrowAnyException();
  }
}
