package io.pryv.migration.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.platform.StepFailure;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ToldTest {

  private static final String KEY =
      "AAAAC3NzaC1lZDI1NTE5AAAAILM0/JxuDLkQlnCRUE9a8mUEM0uXVVl7HIJoAPQ7rGNr";

  private final Told told = new Told("dest", "ip route get");

  @ParameterizedTest
  @CsvSource({
    "'10.90.0.12 dev eth0 src 10.90.0.11 uid 0 \\    cache', 10.90.0.11",
    "'203.0.113.12 via 198.51.100.1 dev ens3 src 198.51.100.11 uid 0', 198.51.100.11",
    "'local 127.0.0.1 dev lo src 127.0.0.1 uid 0', 127.0.0.1",
    "'2001:db8::2 dev eth0 src 2001:db8::1 metric 256', 2001:db8::1"
  })
  void theAddressOfARouteIsRead(String route, String address) {
    assertThat(told.routeSource(route)).isEqualTo(address);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "unreachable 10.90.0.12",
        "10.90.0.12 dev eth0 src",
        "10.90.0.12 dev eth0 src *",
        "10.90.0.12 dev eth0 src 0.0.0.0/0",
        "10.90.0.12 dev eth0 src 10.90.0.300",
        "10.90.0.12 dev eth0 src 10.0.0.1\",command=\"bash\",from=\"*",
        "10.90.0.12 dev eth0 src 10.0.0.1,*",
        "10.90.0.12 dev eth0 src host.example"
      })
  void whatIsNoAddressIsRefusedAndToldByWhom(String route) {
    assertThatThrownBy(() -> told.routeSource(route))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("dest")
        .hasMessageContaining("ip route get")
        .hasMessageContaining("nothing of it was written to another machine");
  }

  @Test
  void aPublicKeyLosesItsComment() {
    assertThat(told.publicKey("ssh-ed25519 " + KEY + " root@a, \"b\"\n"))
        .isEqualTo("ssh-ed25519 " + KEY);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "ssh-ed25519",
        "ssh-dss AAAAB3NzaC1kc3M=",
        "ssh-ed25519 AAAAB3NzaC1yc2E=",
        "ssh-ed25519 !!!!",
        "ssh-ed25519 AAAA",
        "ssh-rsa " + KEY,
        "from=\"*\" ssh-ed25519 " + KEY,
        "ssh-ed25519 " + KEY + "\nssh-ed25519 " + KEY,
        "*,!x ssh-ed25519 " + KEY
      })
  void whatIsNoPublicKeyIsRefused(String line) {
    assertThatThrownBy(() -> told.publicKey(line)).isInstanceOf(StepFailure.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-1", "a[$(reboot)]", "1 2", "0x10", "1234567890123456789"})
  void whatIsNoNumberIsRefusedSinceBashWouldEvaluateIt(String number) {
    assertThat(told.number("42")).isEqualTo(42);
    assertThatThrownBy(() -> told.number(number)).isInstanceOf(StepFailure.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "rrsync", "/a b", "/a\"b", "/a\n/b", "/a'b", "/a$b", "/a;b"})
  void whatIsNoPlainPathIsRefused(String path) {
    assertThatThrownBy(() -> told.path(path)).isInstanceOf(StepFailure.class);
  }
}
