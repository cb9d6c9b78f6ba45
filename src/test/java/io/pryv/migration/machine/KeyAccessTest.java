package io.pryv.migration.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.platform.Machine.Role;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class KeyAccessTest {

  private static final Instant BEGAN = Instant.parse("2026-11-29T12:00:00Z");
  private static final String LINE =
      "restrict,from=\"192.0.2.1\",command=\"/bin/false\" ssh-ed25519"
          + " AAAAC3NzaC1lZDI1NTE5AAAAILM0/JxuDLkQlnCRUE9a8mUEM0uXVVl7HIJoAPQ7rGNr x";

  private final SandboxShell source = SandboxShell.of(Role.SOURCE);
  private final SandboxHands hands = new SandboxHands(source);

  @AfterEach
  void remove() {
    source.close();
  }

  @Test
  void aLineIsValidForNinetyDays() throws Exception {
    assertThat(after(0).grant(LINE)).isTrue();
    assertThat(Files.readString(keys()))
        .isEqualTo(LINE.replace("restrict,", "restrict,expiry-time=\"20270227\",") + "\n");
  }

  @Test
  void itIsWrittenAnewWellBeforeItsEndAndNotEarlier() throws Exception {
    after(0).grant(LINE);
    String first = Files.readString(keys());
    assertThat(after(30).granted(LINE)).isTrue();
    assertThat(after(30).grant(LINE)).isFalse();
    assertThat(Files.readString(keys())).isEqualTo(first);
    assertThat(after(31).granted(LINE)).isFalse();
    assertThat(after(31).grant(LINE)).isTrue();
    assertThat(Files.readString(keys())).hasLineCount(1).contains("expiry-time=\"20270330\"");
  }

  @Test
  void anotherLineForTheSameKeyIsReplaced() throws Exception {
    after(0).grant(LINE);
    String other = LINE.replace("192.0.2.1", "192.0.2.2");
    assertThat(after(0).granted(other)).isFalse();
    assertThat(after(0).grant(other)).isTrue();
    assertThat(Files.readString(keys())).hasLineCount(1).contains("192.0.2.2");
  }

  @Test
  void whatIsRenewedIsThere() throws Exception {
    assertThatThrownBy(() -> after(0).renew(LINE)).hasMessageContaining("taken it out");
    after(0).grant(LINE);
    assertThat(after(30).renew(LINE)).isFalse();
    assertThat(after(80).renew(LINE)).isTrue();
    assertThat(Files.readString(keys())).hasLineCount(1).contains("expiry-time=\"20270518\"");
    Files.writeString(keys(), "ssh-rsa AAAA staff\n");
    assertThatThrownBy(() -> after(80).renew(LINE)).hasMessageContaining("taken it out");
    assertThat(Files.readString(keys())).isEqualTo("ssh-rsa AAAA staff\n");
  }

  private KeyAccess after(int days) {
    return new KeyAccess(
        hands,
        source.machine(),
        "m-1",
        Clock.fixed(BEGAN.plus(Duration.ofDays(days)), ZoneOffset.UTC));
  }

  private Path keys() {
    return source.home().resolve(".ssh/authorized_keys");
  }
}
