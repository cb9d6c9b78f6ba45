package io.pryv.migration.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.platform.LayoutDetails;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.StepFailure;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SshAlgorithmsTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "KexAlgorithms diffie-hellman-group1-sha1",
        "KexAlgorithms diffie-hellman-group14-sha1,diffie-hellman-group-exchange-sha1",
        "Ciphers 3des-cbc",
        "Ciphers aes128-cbc,aes256-cbc",
        "MACs hmac-md5\nCiphers aes128-ctr",
        "MACs hmac-sha1,hmac-sha1-96\nCiphers aes128-ctr"
      })
  void anSshdThatHasOnlyWeakAlgorithmsIsRefusedUnlessThePlatformFileAllowsThem(String settings) {
    try (SshdProcess sshd = SshdProcess.start(settings)) {
      refusedUnlessAllowed(sshd);
    }
  }

  @Test
  void aHostKeyProvenBySha1IsRefusedUnlessThePlatformFileAllowsIt(@TempDir Path keys)
      throws Exception {
    try (SshdProcess sshd = withRsaHostKey(keys, "ssh-rsa")) {
      refusedUnlessAllowed(sshd);
    }
  }

  @Test
  void anRsaHostKeyMayBeProvenBySha2(@TempDir Path keys) throws Exception {
    try (SshdProcess sshd = withRsaHostKey(keys, "rsa-sha2-256")) {
      assertThat(run(sshd, false)).isEqualTo("there");
    }
  }

  @Test
  void aLoginWithAnRsaKeyIsSignedWithSha2() {
    try (SshdProcess sshd = SshdProcess.start("PubkeyAcceptedAlgorithms rsa-sha2-512")) {
      sshd.authorize(sshd.key("operator_rsa", "rsa", ""));
      Machine machine = sshd.machine();
      Machine withRsa =
          new Machine(
              machine.role(),
              machine.name(),
              machine.host(),
              machine.port(),
              machine.user(),
              sshd.directory().resolve("operator_rsa").toString(),
              machine.confRoot(),
              machine.publicAddress());
      assertThat(run(sshd, withRsa)).isEqualTo("there");
    }
  }

  @Test
  void aKeyThatIsNotPinnedIsShownAsSshKeygenShowsIt() throws Exception {
    try (SshdProcess sshd = SshdProcess.start()) {
      Process keygen =
          new ProcessBuilder("ssh-keygen", "-lf", sshd.directory().resolve("host.pub").toString())
              .start();
      String fingerprint =
          new String(keygen.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
              .split(" ", -1)[1];
      sshd.key("other", "ed25519", "");
      sshd.pinHostKey("other");
      assertThat(fingerprint).startsWith("SHA256:");
      assertThatThrownBy(() -> run(sshd, false)).hasMessageContaining("ssh-ed25519 " + fingerprint);
    }
  }

  private static SshdProcess withRsaHostKey(Path keys, String algorithms) throws Exception {
    Path key = keys.resolve("rsa");
    new ProcessBuilder("ssh-keygen", "-q", "-t", "rsa", "-N", "", "-f", key.toString())
        .start()
        .waitFor();
    SshdProcess sshd = SshdProcess.start("HostKey " + key, "HostKeyAlgorithms " + algorithms);
    Files.writeString(
        sshd.knownHosts(),
        "[127.0.0.1]:%d %s".formatted(sshd.port(), Files.readString(Path.of(key + ".pub"))));
    return sshd;
  }

  private static void refusedUnlessAllowed(SshdProcess sshd) {
    assertThatThrownBy(() -> run(sshd, false))
        .isInstanceOf(StepFailure.class)
        .isNotInstanceOf(ConnectionLost.class)
        .hasMessageContaining("expected: modern SSH algorithms (no SHA-1, MD5")
        .hasMessageContaining("weakAlgorithms: true");
    assertThat(run(sshd, true)).isEqualTo("there");
  }

  private static String run(SshdProcess sshd, boolean weakAlgorithms) {
    Machine machine = sshd.machine();
    return run(
        sshd,
        new Machine(
            machine.role(),
            machine.name(),
            machine.host(),
            machine.port(),
            machine.user(),
            machine.keyFile(),
            machine.confRoot(),
            machine.publicAddress(),
            LayoutDetails.NONE,
            weakAlgorithms));
  }

  private static String run(SshdProcess sshd, Machine machine) {
    try (SshShells shells =
        new SshShells(sshd.knownHosts(), Duration.ofSeconds(1), Duration.ofSeconds(4))) {
      return shells.to(machine).run(Command.look("say something", "echo there")).output().strip();
    }
  }
}
