package io.pryv.migration.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.machine.SandboxRegister;
import io.pryv.migration.platform.StepFailure;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TransferKeyTest {

  private static final String STAFF = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABstaff root@laptop";

  private final TransferPlatform lab = new TransferPlatform();

  @AfterEach
  void remove() {
    lab.close();
  }

  @Test
  void theKeyReadsSourcesDataAndNothingElse() throws Exception {
    lab.source.dataFile("appendonly.aof", "*2\r\n");
    TransferKey.Made made = lab.key("ed25519").make();
    assertThat(made.changed()).isTrue();
    assertThat(made.key()).isEqualTo(lab.key().toString());
    assertThat(made.line())
        .startsWith("restrict,from=\"127.0.0.1\",command=\"")
        .contains("rrsync' -ro '" + lab.source.data() + "'\" ssh-ed25519 ")
        .endsWith(" migration@remote " + SandboxRegister.MIGRATION);
    assertThat(Files.readString(lab.authorizedKeys())).isEqualTo(made.line() + "\n");
    assertThat(mode(lab.key())).isEqualTo("rw-------");
    assertThat(mode(lab.authorizedKeys())).isEqualTo("rw-------");
    assertThat(mode(lab.authorizedKeys().getParent())).isEqualTo("rwx------");
    assertThat(mode(lab.key().getParent())).isEqualTo("rwx------");
  }

  @Test
  void aSecondRunMakesNoOtherKeyAndChangesNothing() throws Exception {
    lab.key("ed25519").make();
    String key = Files.readString(lab.key());
    int changes = lab.changes();
    assertThat(lab.key("rsa").make().changed()).isFalse();
    assertThat(Files.readString(lab.key())).isEqualTo(key);
    assertThat(lab.changes()).isEqualTo(changes);
  }

  @Test
  void anRsaKeyHasTheProceduresLength() {
    assertThat(lab.key("rsa").make().fingerprint()).startsWith("4096 SHA256:").endsWith("(RSA)");
  }

  @Test
  void aKeyWhoseMakingWasCutOffIsMadeAgain() throws Exception {
    Files.createDirectories(lab.key().getParent());
    Files.writeString(lab.dest.work().resolve("transfer_key.new"), "half a k");
    assertThat(lab.key("ed25519").make().fingerprint()).contains("SHA256:");
    assertThat(lab.dest.work().resolve("transfer_key.new")).doesNotExist();
  }

  @Test
  void keysOfOthersStayAndThePrivateKeyNeverTravels() throws Exception {
    Files.createDirectories(lab.authorizedKeys().getParent());
    Files.writeString(lab.authorizedKeys(), STAFF);
    lab.key("ed25519").make();
    assertThat(Files.readString(lab.authorizedKeys())).endsWith("\n" + STAFF);
    String secret = Files.readAllLines(lab.key()).get(1);
    assertThat(lab.hands.journal().commands())
        .noneMatch(ran -> (ran.command() + ran.tail()).contains(secret));
    assertThat(lab.source.shell().ran()).noneMatch(ran -> ran.toString().contains(secret));
  }

  @Test
  void aHostKeyThatIsNotSourcesOwnIsRefused() {
    lab.source
        .shell()
        .stub(
            "sshd",
            "ssh-keygen -q -t ed25519 -N '' -f $SANDBOX/other; echo hostkey $SANDBOX/other");
    assertThatThrownBy(() -> lab.key("ed25519").make())
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("Host key verification failed");
  }

  @Test
  void aKeyThatAnotherLineLetsInIsRefused() throws Exception {
    lab.key("ed25519").make();
    String line = Files.readString(lab.authorizedKeys());
    String free = line.substring(line.indexOf("ssh-ed25519"));
    Files.writeString(lab.authorizedKeys(), free);
    // Our line comes first again, so the free one is gone as well: the key stands in it.
    lab.key("ed25519").make();
    assertThat(Files.readString(lab.authorizedKeys())).isEqualTo(line);
  }

  @Test
  void bothSidesAreCleanedOfItToTheByte() throws Exception {
    Files.createDirectories(lab.authorizedKeys().getParent());
    Files.writeString(lab.authorizedKeys(), STAFF);
    lab.key("ed25519").make();
    KeyRemoval removal = new KeyRemoval(lab.hands, lab.hands.journal(), SandboxRegister.MIGRATION);
    List<String> removed = removal.remove(lab.sourceRegister(), lab.dest.register());
    assertThat(removed)
        .containsExactly(
            "the transfer key's line from source's authorized_keys", "the transfer key from dest");
    assertThat(Files.readString(lab.authorizedKeys())).isEqualTo(STAFF);
    assertThat(lab.dest.work()).isEmptyDirectory();
    int changes = lab.changes();
    assertThat(removal.remove(lab.sourceRegister(), lab.dest.register())).isEmpty();
    assertThat(lab.changes()).isEqualTo(changes);
  }

  @Test
  void bytesThatAreNoUtf8StayAsTheyAre() throws Exception {
    byte[] latin = "# clé de la société\n".getBytes(StandardCharsets.ISO_8859_1);
    Files.createDirectories(lab.authorizedKeys().getParent());
    Files.write(lab.authorizedKeys(), latin);
    lab.key("ed25519").make();
    new KeyRemoval(lab.hands, lab.hands.journal(), SandboxRegister.MIGRATION)
        .remove(lab.sourceRegister(), lab.dest.register());
    assertThat(Files.readAllBytes(lab.authorizedKeys())).isEqualTo(latin);
  }

  @Test
  void theTunnelsKeyGoesWithItsLineOnDest() throws Exception {
    Path key =
        lab.source
            .shell()
            .confRoot()
            .resolve("reg-master/redis/conf/register-migration-" + SandboxRegister.MIGRATION);
    Files.createDirectories(key.getParent());
    new ProcessBuilder(
            "ssh-keygen",
            "-q",
            "-t",
            "ed25519",
            "-N",
            "",
            "-C",
            "migration@remote",
            "-f",
            key.toString())
        .start()
        .waitFor();
    Path accepted = lab.dest.shell().home().resolve(".ssh/authorized_keys");
    Files.createDirectories(accepted.getParent());
    Files.writeString(
        accepted, "restrict,port-forwarding " + Files.readString(Path.of(key + ".pub")) + STAFF);
    assertThat(
            new KeyRemoval(lab.hands, lab.hands.journal(), SandboxRegister.MIGRATION)
                .remove(lab.sourceRegister(), lab.dest.register()))
        .containsExactly(
            "the tunnel key's line from dest's authorized_keys", "the tunnel key from source");
    assertThat(Files.readString(accepted)).isEqualTo(STAFF);
    assertThat(key.getParent().toFile().list()).containsExactly("redis.conf");
  }

  private static String mode(Path path) throws Exception {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }
}
