package io.pryv.migration.replication;

import static org.assertj.core.api.Assertions.assertThat;

import io.pryv.migration.dns.FakeDns;
import io.pryv.migration.platform.Machine;
import java.util.List;
import org.junit.jupiter.api.Test;

class DnsHealthTest {

  private final FakeDns dns = new FakeDns().up("10.90.0.11").up("10.90.0.13");
  private final DnsHealth health =
      new DnsHealth(
          dns,
          List.of(machine("source", "10.90.0.11"), machine("source-slave", "10.90.0.13")),
          "pryv.lab");

  private static Machine machine(String name, String address) {
    return new Machine(Machine.Role.SOURCE, name, address, 22, "root", "key", "/", address);
  }

  @Test
  void isWellWhileSourceAndItsSlaveAnswer() {
    assertThat(health.troubles()).isEmpty();
  }

  @Test
  void asksForANameThatTheQuietWatchKnowsAsOurs() {
    health.troubles();
    assertThat(dns.asked())
        .containsExactly(
            "10.90.0.11 register-migration-watch.pryv.lab A",
            "10.90.0.13 register-migration-watch.pryv.lab A");
  }

  @Test
  void tellsWhoseDnsIsSilentAndHowToWakeIt() {
    dns.down("10.90.0.13");
    assertThat(health.troubles())
        .singleElement()
        .asString()
        .startsWith("source-slave's DNS does not answer")
        .contains("replica-read-only no");
  }
}
