package io.pryv.migration.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.machine.CutDisk;
import io.pryv.migration.machine.SandboxRegister;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
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
    assertThat(Files.readString(lab.authorizedKeys()).replaceFirst("expiry-time=\"\\d{8}\",", ""))
        .isEqualTo(made.line() + "\n");
    assertThat(mode(lab.key())).isEqualTo("rw-------");
    assertThat(mode(lab.authorizedKeys())).isEqualTo("rw-------");
    assertThat(mode(lab.authorizedKeys().getParent())).isEqualTo("rwx------");
    assertThat(mode(lab.key().getParent())).isEqualTo("rwx------");
  }

  @Test
  void aKeyThatIsThereIsWholeAfterAPowerCut() throws Exception {
    try (CutDisk disk = CutDisk.at(lab.dest.shell().home())) {
      lab.key("ed25519").make();
      String key = Files.readString(lab.key());
      disk.cut();
      assertThat(lab.key()).hasContent(key);
    }
  }

  @Test
  void whoeverIsNotRootHasRrsyncReadByRoot() {
    Register source = lab.sourceRegister();
    Machine machine = source.machine();
    Machine pryv =
        new Machine(
            machine.role(),
            machine.name(),
            machine.host(),
            machine.port(),
            "pryv",
            machine.keyFile(),
            machine.confRoot(),
            machine.publicAddress());
    assertThat(
            TransferKey.line(
                Set.of("192.0.2.1"),
                "/usr/bin/rrsync",
                new Register(pryv, source.layout()),
                "ssh-ed25519 AAAA x"))
        .isEqualTo(
            "restrict,from=\"192.0.2.1\",command=\"sudo -n env"
                + " SSH_ORIGINAL_COMMAND=\\\"$SSH_ORIGINAL_COMMAND\\\" '/usr/bin/rrsync' -ro '"
                + source.layout().dataDirectory()
                + "'\" ssh-ed25519 AAAA x");
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
  void aLineThatHasExpiredLetsNobodyInUntilItIsWrittenAnew() throws Exception {
    lab.key("ed25519").make();
    String line = Files.readString(lab.authorizedKeys());
    Files.writeString(
        lab.authorizedKeys(), line.replaceFirst("expiry-time=\"\\d{8}", "expiry-time=\"20200101"));
    assertThatThrownBy(() -> lab.sync().whileSourceRuns("sync", TransferPlatform.LONG))
        .hasMessageContaining("Permission denied");
    assertThat(lab.key("ed25519").make().changed()).isTrue();
    assertThat(Files.readString(lab.authorizedKeys())).isEqualTo(line);
  }

  @Test
  void anSshdThatKnowsNoExpiryGetsALineWithout() throws Exception {
    lab.source.shell().stub("ssh", "echo OpenSSH_7.6p1, LibreSSL 2.6.2 >&2");
    TransferKey.Made made = lab.key("ed25519").make();
    assertThat(Files.readString(lab.authorizedKeys())).isEqualTo(made.line() + "\n");
  }

  @Test
  void aMachineThatLiesAddsNoOptionToTheLineOnTheOther() {
    lab.dest
        .shell()
        .stub("ip", "echo '127.0.0.1 dev lo src 127.0.0.1,*\",command=\"bash\",from=\"* uid 0'");
    assertThatThrownBy(() -> lab.key("ed25519").make())
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("dest: ip route get")
        .hasMessageContaining("expected: an address");
    assertThat(lab.authorizedKeys()).doesNotExist();
  }

  @Test
  void aMachineThatLiesAddsNoSecondKeyToTheOther() {
    lab.dest
        .shell()
        .stub(
            "ssh-keygen",
            "case $1 in -y) echo 'ssh-ed25519 AAAA no key';; *) exec /usr/bin/ssh-keygen \"$@\";;"
                + " esac");
    assertThatThrownBy(() -> lab.key("ed25519").make())
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("expected: a public key");
    assertThat(lab.authorizedKeys()).doesNotExist();
  }

  @Test
  void aMachineThatLiesAboutItsHostKeysAddsNoLineToTheOthersKnownHosts() {
    lab.source
        .shell()
        .stub("sshd", "echo '* ssh-rsa AAAA' >$SANDBOX/x.pub; echo hostkey $SANDBOX/x");
    assertThatThrownBy(() -> lab.key("ed25519").make())
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("source: its host keys");
    assertThat(lab.dest.work().resolve("known_hosts")).doesNotExist();
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
