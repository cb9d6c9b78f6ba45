package io.pryv.migration.machine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AuthorizedKeysTest {

  private static final String KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOURS migration@remote x";
  private static final String LINE =
      "restrict,from=\"10.0.0.2\",command=\"/usr/bin/rrsync -ro /var/pryv/reg-master/redis/data\" "
          + KEY;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\n",
        "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAother root@laptop",
        "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAother root@laptop\n",
        "# staff\r\nssh-rsa AAAAB3Nza one@two\r\n\r\nfrom=\"10.*\" ssh-rsa AAAAB3Nzb three",
        "ssh-rsa AAAAB3NzaC1yc2E migration@remote of another migration\n"
      })
  void theLineGoesInAndOutWithoutAnotherByteChanging(String text) {
    String with = AuthorizedKeys.with(text, LINE);
    assertThat(with.lines().findFirst()).contains(LINE);
    assertThat(AuthorizedKeys.with(with, LINE)).isEqualTo(with);
    assertThat(AuthorizedKeys.has(with, KEY)).isTrue();
    assertThat(AuthorizedKeys.without(with, KEY)).isEqualTo(text);
    assertThat(AuthorizedKeys.has(text, KEY)).isFalse();
  }

  @Test
  void aLineOfOursWithOtherOptionsIsReplaced() {
    String old = LINE.replace("10.0.0.2", "10.0.0.9") + "\nssh-rsa AAAAother me\n";
    assertThat(AuthorizedKeys.with(old, LINE)).isEqualTo(LINE + "\nssh-rsa AAAAother me\n");
  }
}
