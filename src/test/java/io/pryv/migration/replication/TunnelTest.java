package io.pryv.migration.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.lab.standin.RedisLink;
import io.pryv.lab.standin.RedisProcess;
import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.Journal.FileEdit;
import io.pryv.migration.machine.SandboxHands;
import io.pryv.migration.machine.SandboxShell;
import io.pryv.migration.machine.SshdProcess;
import io.pryv.migration.machine.StubDocker;
import io.pryv.migration.platform.Layout;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The key and the tunnel with a real sshd, real ssh and two real Redis. */
class TunnelTest {

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final String migration = UUID.randomUUID().toString();
  private SandboxShell sourceMachine;
  private SandboxShell destMachine;
  private StubDocker docker;
  private SandboxHands hands;
  private SshdProcess sshd;
  private RedisProcess sourceRedis;
  private RedisProcess destRedis;
  private Register source;
  private Register dest;
  private TunnelPorts ports;
  private Path confDirectory;
  private Path authorizedKeys;

  @BeforeEach
  void twoMachines() throws IOException {
    sourceMachine = SandboxShell.of(Machine.Role.SOURCE);
    destMachine = SandboxShell.of(Machine.Role.DEST);
    hands = new SandboxHands(sourceMachine, destMachine);
    sourceRedis = RedisProcess.start();
    destRedis = RedisProcess.start();
    ports = new TunnelPorts(freePort(), destRedis.port(), sourceRedis.port());
    sshd = SshdProcess.start();
    // Dest's ~/.ssh is where this sshd looks.
    Files.createSymbolicLink(destMachine.home().resolve(".ssh"), sshd.directory());
    authorizedKeys = sshd.directory().resolve("authorized_keys");
    destMachine.stub(
        "sshd", "echo 'port " + sshd.port() + "'; echo 'hostkey " + sshd.directory() + "/host'");
    sourceMachine.stub("sudo", "[ \"$1\" = -n ] && shift; exec \"$@\"");
    confDirectory =
        sourceMachine.confFile("reg-master/redis/conf/redis.conf", "port 6379\n").getParent();
    docker = new StubDocker(sourceMachine).register();
    docker
        .container("pryv_redis_1")
        .field(
            "{{range .Mounts}}{{.Source}}|{{.Destination}}{{println}}{{end}}",
            confDirectory + "|" + confDirectory);
    source = register(sourceMachine.machine());
    dest =
        register(
            new Machine(
                Machine.Role.DEST,
                "dest",
                "127.0.0.1",
                sshd.port(),
                System.getProperty("user.name"),
                "key",
                "/var/pryv",
                "127.0.0.1"));
  }

  @AfterEach
  void nothingIsLeft() {
    docker.container("pryv_redis_1");
    tunnel().close();
    sshd.close();
    sourceRedis.close();
    destRedis.close();
    sourceMachine.close();
    destMachine.close();
  }

  private Register register(Machine machine) throws IOException {
    Path any = sourceMachine.root();
    return new Register(
        machine,
        new Layout(
            "docker-compose",
            "",
            "pryv",
            "",
            "",
            "",
            Files.getAttribute(any, "unix:uid") + ":" + Files.getAttribute(any, "unix:gid"),
            confDirectory + "/redis.conf",
            "",
            "",
            "",
            "pryv_redis_1",
            "pryv_reverse_proxy_1",
            "pryv_register_1",
            "pryv_dns_1",
            "7.0.15"));
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private TunnelKey key() {
    return new TunnelKey(hands, source, dest, migration, "ed25519", ports);
  }

  private Tunnel tunnel() {
    return new Tunnel(hands, source, dest, migration, ports);
  }

  private static String runId(RedisProcess redis) throws Exception {
    try (RedisLink link = new RedisLink("127.0.0.1", redis.port())) {
      return link.send("PING").get().runId();
    }
  }

  private Path privateKey() {
    return confDirectory.resolve("register-migration-" + migration);
  }

  @Test
  void makesAKeyThatOnlyRedisUserReadsAndThatOpensNothingButRedis() throws Exception {
    TunnelKey.Made made = key().make();

    assertThat(made.changed()).isTrue();
    assertThat(made.key()).isEqualTo(privateKey().toString());
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(privateKey())))
        .isEqualTo("r--------");
    assertThat(Files.readAllLines(authorizedKeys).get(0))
        .startsWith(
            "restrict,port-forwarding,permitopen=\"127.0.0.1:"
                + destRedis.port()
                + "\",from=\"127.0.0.1\",command=\"/bin/false\" ssh-ed25519 ")
        .endsWith(" migration@remote");
    assertThat(Files.readString(Path.of(privateKey() + ".known_hosts")))
        .startsWith("[127.0.0.1]:" + sshd.port() + " ssh-ed25519 ");
    assertThat(confDirectory.toFile().list())
        .containsExactlyInAnyOrder(
            "redis.conf",
            privateKey().getFileName().toString(),
            privateKey().getFileName() + ".known_hosts");
  }

  @Test
  void aSecondRunChangesNothing() throws Exception {
    String line = key().make().line();
    byte[] made = Files.readAllBytes(privateKey());
    int changes = sourceMachine.changes().size() + destMachine.changes().size();

    TunnelKey.Made again = key().make();

    assertThat(again.changed()).isFalse();
    assertThat(again.line()).isEqualTo(line);
    assertThat(Files.readAllBytes(privateKey())).isEqualTo(made);
    assertThat(sourceMachine.changes().size() + destMachine.changes().size()).isEqualTo(changes);
  }

  @Test
  void keepsTheOtherKeysOfDestToTheByteAndJournalsTheEdit() throws Exception {
    String others =
        Files.readString(authorizedKeys).strip() + "\n# caf\u00e9, without a last newline";
    Files.write(authorizedKeys, others.getBytes(StandardCharsets.ISO_8859_1));

    String line = key().make().line();

    assertThat(new String(Files.readAllBytes(authorizedKeys), StandardCharsets.ISO_8859_1))
        .isEqualTo(line + "\n" + others);
    assertThat(hands.journal().edits("dest"))
        .extracting(FileEdit::path)
        .singleElement()
        .asString()
        .endsWith("/.ssh/authorized_keys");
  }

  @Test
  void noSecretIsInAnyCommandOrInTheJournal() throws Exception {
    key().make();
    String secret = Files.readAllLines(privateKey()).get(1);
    assertThat(sourceMachine.ran()).extracting(Command::script).noneMatch(s -> s.contains(secret));
    assertThat(hands.journal().commands()).noneMatch(ran -> ran.tail().contains(secret));
    assertThat(hands.journal().edits("source"))
        .extracting(FileEdit::path)
        .noneMatch(path -> path.equals(privateKey().toString()));
  }

  @Test
  void takesUpAKeyWhoseMakingWasInterrupted() throws Exception {
    Files.writeString(Path.of(privateKey() + ".new"), "half a k");
    key().make();
    assertThat(Path.of(privateKey() + ".new")).doesNotExist();
    Files.setPosixFilePermissions(privateKey(), PosixFilePermissions.fromString("rw-r--r--"));
    byte[] made = Files.readAllBytes(privateKey());
    assertThat(key().make().changed()).isTrue();
    assertThat(Files.readAllBytes(privateKey())).isEqualTo(made);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(privateKey())))
        .isEqualTo("r--------");
  }

  @Test
  void saysWhyDestRefusesTheKey() {
    // Another key is authorized by the time we log in: dest's file is not the one sshd reads.
    SandboxShell elsewhere = SandboxShell.of(Machine.Role.DEST);
    elsewhere.stub("sshd", "echo 'hostkey " + sshd.directory() + "/host'");
    TunnelKey key =
        new TunnelKey(
            new SandboxHands(sourceMachine, elsewhere), source, dest, migration, "ed25519", ports);
    assertThatThrownBy(key::make)
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("log in on dest with the tunnel's key")
        .hasMessageContaining("Permission denied")
        .hasMessageContaining("see dest's sshd log");
    elsewhere.close();
  }

  @Test
  void refusesAHostKeyThatIsNotDests() throws Exception {
    sshd.key("other", "ed25519", "");
    destMachine.stub("sshd", "echo 'hostkey " + sshd.directory() + "/other'");
    assertThatThrownBy(() -> key().make())
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("Host key verification failed");
  }

  @Test
  void saysThatTheContainerHasNoSsh() {
    docker
        .container("pryv_redis_1")
        .program("ssh", "echo 'exec: \"ssh\": not found' >&2; exit 127");
    assertThatThrownBy(() -> key().make())
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("use an image of redis that has ssh");
  }

  @Test
  void opensTheTunnelOnceAndReachesDestsRedis() throws Exception {
    key().make();
    String runId = runId(destRedis);

    assertThat(tunnel().open(runId, PATIENCE)).isTrue();
    assertThat(tunnel().open(runId, PATIENCE)).isFalse();

    try (RedisLink link = new RedisLink("127.0.0.1", ports.near())) {
      assertThat(link.send("PING").get().runId()).isEqualTo(runId);
    }
    assertThat(docker.calls()).filteredOn(call -> call.startsWith("docker exec -d")).hasSize(1);
  }

  @Test
  void theTunnelComesBackByItselfWhenItsConnectionBreaks() throws Exception {
    key().make();
    tunnel().open(runId(destRedis), PATIENCE);
    sshd.halt();
    assertThat(tunnel().look().open()).isFalse();
    assertThat(tunnel().look().supervised()).isTrue();
    sshd.boot();
    Awaitility.await().atMost(PATIENCE).until(() -> tunnel().look().open());
  }

  @Test
  void aTunnelThatEndsElsewhereIsNotDests() throws Exception {
    key().make();
    String someoneElse = runId(sourceRedis);
    assertThatThrownBy(() -> tunnel().open(someoneElse, PATIENCE))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("another Redis, run_id " + runId(destRedis));
  }

  @Test
  void saysWhatSshSaysWhenTheTunnelDoesNotOpen() throws Exception {
    key().make();
    Files.writeString(authorizedKeys, "");
    assertThatThrownBy(() -> tunnel().open(runId(destRedis), Duration.ofSeconds(3)))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("Permission denied (publickey)");
  }

  @Test
  void healthFollowsWhatHappensAndMendReopensATunnelWhoseProcessIsGone() throws Exception {
    key().make();
    tunnel().open(runId(destRedis), PATIENCE);
    ReplicationHealth health = new ReplicationHealth(tunnel());
    try (RedisLink link = new RedisLink("127.0.0.1", sourceRedis.port())) {
      link.send("REPLICAOF", "127.0.0.1", String.valueOf(ports.near())).get();
      Awaitility.await().atMost(PATIENCE).until(() -> health.look().healthy());

      assertThat(tunnel().close()).isTrue();
      assertThat(health.look().supervised()).isFalse();
      assertThat(health.look().troubles()).first().asString().contains("the tunnel is gone");

      assertThat(health.mend()).isTrue();
      assertThat(health.mend()).isFalse();
      Awaitility.await().atMost(PATIENCE).until(() -> health.look().healthy());
    }
  }

  @Test
  void aStoppedContainerIsTroubleAndNotAnError() throws Exception {
    key().make();
    docker.container("pryv_redis_1").stopped();
    assertThat(new ReplicationHealth(tunnel()).look().troubles())
        .singleElement()
        .asString()
        .contains("is not running");
    assertThat(tunnel().close()).isFalse();
  }

  @Test
  void closingLeavesNoProcessOnEitherSideAndASecondTimeDoesNothing() throws Exception {
    key().make();
    tunnel().open(runId(destRedis), PATIENCE);
    CloseTunnel close =
        new CloseTunnel(hands, dest.machine(), tunnel(), key(), Duration.ofSeconds(10));

    assertThat(close.close()).isTrue();
    assertThat(close.close()).isFalse();

    assertThat(tunnel().look().supervised()).isFalse();
    assertThat(
            ProcessHandle.allProcesses()
                .map(process -> process.info().commandLine().orElse(""))
                .filter(line -> line.contains("register-migration-" + migration)))
        .isEmpty();
    assertThat(List.of(Path.of("/dev/shm").toFile().list()))
        .noneMatch(name -> name.contains(migration));
  }

  @Test
  void closingTellsOfASessionThatDoesNotEnd() throws Exception {
    key().make();
    destMachine.stub(
        "ss",
        "echo '0 0 127.0.0.1:51022 127.0.0.1:"
            + destRedis.port()
            + " users:((\"sshd\",pid=412,fd=9))'");
    CloseTunnel close =
        new CloseTunnel(hands, dest.machine(), tunnel(), key(), Duration.ofMillis(300));
    assertThatThrownBy(close::close)
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("process 412 reaches 127.0.0.1:" + destRedis.port())
        .hasMessageContaining("kill PID");
  }
}
