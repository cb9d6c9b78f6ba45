package io.pryv.migration.nameservers;

import static io.pryv.migration.nameservers.PryvLab.PARENT;
import static io.pryv.migration.nameservers.PryvLab.RESOLVER;
import static org.assertj.core.api.Assertions.assertThat;

import io.pryv.migration.dns.FakeDns;
import io.pryv.migration.machine.InMemoryJournal;
import io.pryv.migration.machine.SandboxHands;
import io.pryv.migration.process.FakeStep;
import org.junit.jupiter.api.Test;

class NameServerStepsTest {

  private final FakeDns dns = new FakeDns();
  private final FakeStep step =
      new FakeStep("m-1", PryvLab.platform(), new SandboxHands(), new InMemoryJournal());

  private void serves(String server, String first, String second) {
    dns.answers(server, "pryv.lab", "NS", "NS dns1.pryv.lab", "NS dns2.pryv.lab")
        .answers(server, "dns1.pryv.lab", "A", "A " + first)
        .answers(server, "dns2.pryv.lab", "A", "A " + second)
        .answers(server, "reg.pryv.lab", "A", "A " + first)
        .answers(server, "access.pryv.lab", "A", "A " + first);
  }

  @Test
  void showTheRecordsToChangeThenTellWhenTheWorldHasSeenTheChange() {
    serves("10.90.0.11", "10.90.0.11", "10.90.0.13");
    serves("10.90.0.12", "10.90.0.12", "10.90.0.14");
    serves(RESOLVER, "10.90.0.11", "10.90.0.13");
    dns.delegates(PARENT, "pryv.lab", "dns1.pryv.lab=10.90.0.11", "dns2.pryv.lab=10.90.0.13");

    assertThat(step.run(new ListRecordsDelegate(step.contexts(), dns)))
        .isEqualTo("2 records to change; the longest TTL is 172800 s");
    assertThat(step.get("longestTtl", Long.class)).isEqualTo(172_800);
    assertThat(step.evidence("records")).contains("`10.90.0.14`");

    WatchDelegationDelegate watch = new WatchDelegationDelegate(step.contexts(), dns);
    assertThat(step.run(watch)).isEqualTo("4 of 4 answers do not name dest yet");
    assertThat(step.get("delegationMoved", Boolean.class)).isFalse();

    dns.delegates(PARENT, "pryv.lab", "dns1.pryv.lab=10.90.0.12", "dns2.pryv.lab=10.90.0.14");
    assertThat(step.run(watch)).isEqualTo("3 of 4 answers do not name dest yet");

    serves(RESOLVER, "10.90.0.12", "10.90.0.14");
    assertThat(step.run(watch)).isEqualTo("the parent and every resolver answer with dest");
    assertThat(step.get("delegationMoved", Boolean.class)).isTrue();
    assertThat(step.run(new ListRecordsDelegate(step.contexts(), dns))).startsWith("already done");
  }

  @Test
  void whatWaitingDoesNotChangeIsAskedOfAnApproverWhoAcceptsJustThat() {
    serves("10.90.0.12", "10.90.0.12", "10.90.0.14");
    dns.delegates(PARENT, "pryv.lab", "dns1.pryv.lab=10.90.0.12", "dns2.pryv.lab=10.90.0.14");
    WatchDelegationDelegate watch = new WatchDelegationDelegate(step.contexts(), dns);
    for (int look = 1; look < 10; look++) {
      step.run(watch);
      assertThat(step.get("delegationStuck", Boolean.class)).as("look %d", look).isFalse();
    }
    step.run(watch);
    assertThat(step.get("delegationStuck", Boolean.class)).isTrue();
    assertThat(step.get("delegationMoved", Boolean.class)).isFalse();

    step.put("acceptedDelegation", step.get("stuckDelegation", String.class));
    assertThat(step.run(watch)).contains("but for 3 answers that were accepted");
    assertThat(step.get("delegationMoved", Boolean.class)).isTrue();
    assertThat(step.get("delegationStuck", Boolean.class)).isFalse();

    serves(RESOLVER, "10.90.0.11", "10.90.0.13");
    step.run(watch);
    assertThat(step.get("delegationMoved", Boolean.class)).as("source was not accepted").isFalse();
  }

  @Test
  void aResolverThatIsListedTwiceIsAcceptedAsAnyOther() {
    serves("10.90.0.12", "10.90.0.12", "10.90.0.14");
    dns.delegates(PARENT, "pryv.lab", "dns1.pryv.lab=10.90.0.12", "dns2.pryv.lab=10.90.0.14");
    WatchDelegationDelegate watch = new WatchDelegationDelegate(step.contexts(), dns);
    step.run(watch);
    String stuck = step.get("stuckDelegation", String.class);
    step.put("acceptedDelegation", stuck + "\n" + stuck);

    step.run(watch);

    assertThat(step.get("delegationMoved", Boolean.class)).isTrue();
  }

  @Test
  void whatComesAndGoesIsNotStuck() {
    serves("10.90.0.12", "10.90.0.12", "10.90.0.14");
    dns.delegates(PARENT, "pryv.lab", "dns1.pryv.lab=10.90.0.12", "dns2.pryv.lab=10.90.0.14");
    WatchDelegationDelegate watch = new WatchDelegationDelegate(step.contexts(), dns);
    for (int look = 1; look <= 30; look++) {
      if (look % 9 == 0) {
        serves(RESOLVER, "10.90.0.11", "10.90.0.13");
      } else {
        dns.down(RESOLVER);
      }
      step.run(watch);
      assertThat(step.get("delegationStuck", Boolean.class)).as("look %d", look).isFalse();
    }
  }
}
