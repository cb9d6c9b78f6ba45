package io.pryv.migration.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.lab.standin.RedisLink;
import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.Journal.FileEdit;
import io.pryv.migration.machine.SandboxHands;
import io.pryv.migration.machine.SandboxShell;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.StepFailure;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The key and the tunnel with a real sshd, real ssh and two real Redis. */
class TunnelTest {

  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final String EXPIRY = "expiry-time=\"\\d{8}\",";

  private final TwoMachines machines;

  TunnelTest() throws Exception {
    machines = new TwoMachines();
  }

  @AfterEach
  void close() {
    machines.close();
  }

  @Test
  void makesAKeyThatOnlyRedisUserReadsAndThatOpensNothingButRedis() throws Exception {
    TunnelKey.Made made = machines.key().make();

    assertThat(made.changed()).isTrue();
    assertThat(made.key()).isEqualTo(machines.privateKey().toString());
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(machines.privateKey())))
        .isEqualTo("r--------");
    assertThat(Files.readAllLines(machines.authorizedKeys).get(0).replaceFirst(EXPIRY, ""))
        .startsWith(
            "restrict,port-forwarding,permitopen=\"127.0.0.1:"
                + machines.destRedis.port()
                + "\",from=\"127.0.0.1\",command=\"/bin/false\" ssh-ed25519 ")
        .endsWith(" migration@remote");
    assertThat(Files.readString(Path.of(machines.privateKey() + ".known_hosts")))
        .startsWith("[127.0.0.1]:" + machines.sshd.port() + " ssh-ed25519 ");
    assertThat(machines.conf.getParent().toFile().list())
        .containsExactlyInAnyOrder(
            "redis.conf",
            machines.privateKey().getFileName().toString(),
            machines.privateKey().getFileName() + ".known_hosts");
  }

  @Test
  void aSecondRunChangesNothing() throws Exception {
    String line = machines.key().make().line();
    byte[] made = Files.readAllBytes(machines.privateKey());
    int changes = machines.sourceMachine.changes().size() + machines.destMachine.changes().size();

    TunnelKey.Made again = machines.key().make();

    assertThat(again.changed()).isFalse();
    assertThat(again.line()).isEqualTo(line);
    assertThat(Files.readAllBytes(machines.privateKey())).isEqualTo(made);
    assertThat(machines.sourceMachine.changes().size() + machines.destMachine.changes().size())
        .isEqualTo(changes);
  }

  @Test
  void keepsTheOtherKeysOfDestToTheByteAndJournalsTheEdit() throws Exception {
    String others =
        Files.readString(machines.authorizedKeys).strip() + "\n# caf\u00e9, without a last newline";
    Files.write(machines.authorizedKeys, others.getBytes(StandardCharsets.ISO_8859_1));

    String line = machines.key().make().line();

    assertThat(
            new String(Files.readAllBytes(machines.authorizedKeys), StandardCharsets.ISO_8859_1)
                .replaceFirst(EXPIRY, ""))
        .isEqualTo(line + "\n" + others);
    assertThat(machines.hands.journal().edits("dest"))
        .extracting(FileEdit::path)
        .singleElement()
        .asString()
        .endsWith("/.ssh/authorized_keys");
  }

  @Test
  void noSecretIsInAnyCommandOrInTheJournal() throws Exception {
    machines.key().make();
    String secret = Files.readAllLines(machines.privateKey()).get(1);
    assertThat(machines.sourceMachine.ran())
        .extracting(Command::script)
        .noneMatch(s -> s.contains(secret));
    assertThat(machines.hands.journal().commands()).noneMatch(ran -> ran.tail().contains(secret));
    assertThat(machines.hands.journal().edits("source"))
        .extracting(FileEdit::path)
        .noneMatch(path -> path.equals(machines.privateKey().toString()));
  }

  @Test
  void takesUpAKeyWhoseMakingWasInterrupted() throws Exception {
    Files.writeString(Path.of(machines.privateKey() + ".new"), "half a k");
    machines.key().make();
    assertThat(Path.of(machines.privateKey() + ".new")).doesNotExist();
    Files.setPosixFilePermissions(
        machines.privateKey(), PosixFilePermissions.fromString("rw-r--r--"));
    byte[] made = Files.readAllBytes(machines.privateKey());
    assertThat(machines.key().make().changed()).isTrue();
    assertThat(Files.readAllBytes(machines.privateKey())).isEqualTo(made);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(machines.privateKey())))
        .isEqualTo("r--------");
  }

  @Test
  void saysWhyDestRefusesTheKey() {
    // Another key is authorized by the time we log in: machines.dest's file is not the one
    // machines.sshd reads.
    SandboxShell elsewhere = SandboxShell.of(Machine.Role.DEST);
    elsewhere.stub("sshd", "echo 'hostkey " + machines.sshd.directory() + "/host'");
    TunnelKey key =
        new TunnelKey(
            new SandboxHands(machines.sourceMachine, elsewhere),
            TunnelEnds.toDest(machines.source, machines.dest, machines.ports),
            machines.migration,
            "ed25519");
    assertThatThrownBy(key::make)
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("log in on dest with the tunnel's key")
        .hasMessageContaining("Permission denied")
        .hasMessageContaining("see dest's sshd log");
    elsewhere.close();
  }

  @Test
  void refusesAHostKeyThatIsNotDests() throws Exception {
    machines.sshd.key("other", "ed25519", "");
    machines.destMachine.stub("sshd", "echo 'hostkey " + machines.sshd.directory() + "/other'");
    assertThatThrownBy(() -> machines.key().make())
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("Host key verification failed");
  }

  @Test
  void saysThatTheContainerHasNoSsh() {
    machines
        .docker
        .container("pryv_redis_1")
        .program("ssh", "echo 'exec: \"ssh\": not found' >&2; exit 127");
    assertThatThrownBy(() -> machines.key().make())
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("use an image of redis that has ssh");
  }

  @Test
  void opensTheTunnelOnceAndReachesDestsRedis() throws Exception {
    machines.key().make();
    String runId = TwoMachines.runId(machines.destRedis);

    assertThat(machines.tunnel().open(runId, PATIENCE)).isTrue();
    assertThat(machines.tunnel().open(runId, PATIENCE)).isFalse();

    try (RedisLink link = new RedisLink("127.0.0.1", machines.ports.near())) {
      assertThat(link.send("PING").get().runId()).isEqualTo(runId);
    }
    assertThat(machines.docker.calls())
        .filteredOn(call -> call.startsWith("docker exec -d"))
        .hasSize(1);
  }

  @Test
  void theTunnelComesBackByItselfWhenItsConnectionBreaks() throws Exception {
    machines.key().make();
    machines.tunnel().open(TwoMachines.runId(machines.destRedis), PATIENCE);
    machines.sshd.halt();
    assertThat(machines.tunnel().look().open()).isFalse();
    assertThat(machines.tunnel().look().supervised()).isTrue();
    machines.sshd.boot();
    Awaitility.await().atMost(PATIENCE).until(() -> machines.tunnel().look().open());
  }

  @Test
  void aTunnelThatEndsElsewhereIsNotDests() throws Exception {
    machines.key().make();
    String someoneElse = TwoMachines.runId(machines.sourceRedis);
    assertThatThrownBy(() -> machines.tunnel().open(someoneElse, PATIENCE))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("another Redis, run_id " + TwoMachines.runId(machines.destRedis));
  }

  @Test
  void saysWhatSshSaysWhenTheTunnelDoesNotOpen() throws Exception {
    machines.key().make();
    Files.writeString(machines.authorizedKeys, "");
    assertThatThrownBy(
            () ->
                machines
                    .tunnel()
                    .open(TwoMachines.runId(machines.destRedis), Duration.ofSeconds(10)))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("Permission denied (publickey)");
  }

  @Test
  void healthFollowsWhatHappensAndMendReopensATunnelWhoseProcessIsGone() throws Exception {
    machines.key().make();
    machines.tunnel().open(TwoMachines.runId(machines.destRedis), PATIENCE);
    ReplicationHealth health = new ReplicationHealth(machines.tunnel());
    try (RedisLink link = new RedisLink("127.0.0.1", machines.sourceRedis.port())) {
      link.send("REPLICAOF", "127.0.0.1", String.valueOf(machines.ports.near())).get();
      Awaitility.await().atMost(PATIENCE).until(() -> health.look().healthy());

      assertThat(machines.tunnel().close()).isTrue();
      assertThat(health.look().supervised()).isFalse();
      assertThat(health.look().troubles())
          .first()
          .asString()
          .contains("the tunnel from source to dest is gone");

      assertThat(health.mend()).isTrue();
      assertThat(health.mend()).isFalse();
      Awaitility.await().atMost(PATIENCE).until(() -> health.look().healthy());
    }
  }

  @Test
  void aStoppedContainerIsTroubleAndNotAnError() throws Exception {
    machines.key().make();
    machines.docker.container("pryv_redis_1").stopped();
    assertThat(new ReplicationHealth(machines.tunnel()).look().troubles())
        .singleElement()
        .asString()
        .contains("is not running");
    assertThat(machines.tunnel().close()).isFalse();
  }

  @Test
  void closingLeavesNoProcessOnEitherSideAndASecondTimeDoesNothing() throws Exception {
    machines.key().make();
    machines.tunnel().open(TwoMachines.runId(machines.destRedis), PATIENCE);
    CloseTunnel close =
        new CloseTunnel(
            machines.hands,
            machines.dest.machine(),
            machines.tunnel(),
            machines.key(),
            Duration.ofSeconds(10));

    assertThat(close.close()).isTrue();
    assertThat(close.close()).isFalse();

    assertThat(machines.tunnel().look().supervised()).isFalse();
    assertThat(
            ProcessHandle.allProcesses()
                .map(process -> process.info().commandLine().orElse(""))
                .filter(line -> line.contains("register-migration-" + machines.migration)))
        .isEmpty();
    assertThat(List.of(Path.of("/dev/shm").toFile().list()))
        .noneMatch(name -> name.contains(machines.migration));
  }

  @Test
  void closingTellsOfASessionThatDoesNotEnd() throws Exception {
    machines.key().make();
    machines.destMachine.stub(
        "ss",
        "echo '0 0 127.0.0.1:51022 127.0.0.1:"
            + machines.destRedis.port()
            + " users:((\"sshd\",pid=412,fd=9))'");
    CloseTunnel close =
        new CloseTunnel(
            machines.hands,
            machines.dest.machine(),
            machines.tunnel(),
            machines.key(),
            Duration.ofMillis(300));
    assertThatThrownBy(close::close)
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("process 412 reaches 127.0.0.1:" + machines.destRedis.port())
        .hasMessageContaining("kill PID");
  }
}
