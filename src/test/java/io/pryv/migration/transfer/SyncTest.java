package io.pryv.migration.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.Container;
import io.pryv.migration.machine.DetachedJob;
import io.pryv.migration.machine.SandboxRegister;
import io.pryv.migration.platform.StepFailure;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SyncTest {

  private final TransferPlatform lab = new TransferPlatform();

  @BeforeEach
  void ready() {
    lab.source
        .dataFile("appendonly.aof", "set alice\n".repeat(10_000))
        .dataFile("redis_dump.rdb", "R");
    lab.dest.dataFile("appendonly.aof", "dest's own fixture").dataFile("stale.rdb", "old");
    lab.key("ed25519").make();
  }

  @AfterEach
  void remove() {
    lab.close();
  }

  @Test
  void whatIsBroughtIsWhatSourceHoldsAndDestGoesOnWithItsOwn() throws Exception {
    lab.source.dataFile(".register-migration-incoming/dump.rdb", "of an earlier migration");
    RsyncStats stats = ended("bulk-sync-1");
    assertThat(stats.transferredFiles()).isEqualTo(2);
    assertThat(stats.totalBytes()).isEqualTo(100_001);
    assertThat(stats.wireBytes()).isLessThan(50_000);
    assertThat(Files.readString(lab.incoming().resolve("appendonly.aof")))
        .isEqualTo("set alice\n".repeat(10_000));
    try (var files = Files.list(lab.incoming())) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder("appendonly.aof", "redis_dump.rdb");
    }
    assertThat(lab.dest.data().resolve("appendonly.aof")).hasContent("dest's own fixture");
    assertThat(lab.containers(lab.dest).look()).allMatch(Container::running);
  }

  @Test
  void theSecondRoundBringsOnlyWhatIsNew() {
    ended("bulk-sync-1");
    lab.source.dataFile("appendonly.aof", "set alice\n".repeat(10_000) + "set bob\n");
    RsyncStats stats = ended("bulk-sync-2");
    assertThat(stats.transferredFiles()).isEqualTo(1);
    assertThat(stats.wireBytes()).isLessThan(10_000);
  }

  @Test
  void aRunThatWasLookedAtTwiceRanOnce() {
    ended("bulk-sync-1");
    lab.source.dataFile("appendonly.aof", "changed since");
    assertThat(ended("bulk-sync-1").transferredFiles()).isEqualTo(2);
    assertThat(lab.incoming().resolve("appendonly.aof")).content().startsWith("set alice");
  }

  @Test
  void itRefusesToRunOnceDestsRedisRunsOnWhatWasBrought() {
    ended("bulk-sync-1");
    lab.destData().proven().use();
    assertThatThrownBy(() -> ended("bulk-sync-2"))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("refused: dest's Redis runs on what was brought");
    lab.destData().proven().forget();
    assertThat(ended("bulk-sync-2").transferredFiles()).isZero();
  }

  @Test
  void aFailedRunIsToldAndCanBeRunAgain() throws Exception {
    String line = Files.readString(lab.authorizedKeys());
    Files.writeString(lab.authorizedKeys(), "");
    assertThatThrownBy(() -> ended("bulk-sync-1"))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("Permission denied")
        .hasMessageContaining("dest: rsync from 127.0.0.1:");
    Files.writeString(lab.authorizedKeys(), line);
    assertThat(ended("bulk-sync-1").transferredFiles()).isEqualTo(2);
  }

  @Test
  void afterTheStopAVanishedFileIsNoSuccess() {
    lab.dest.shell().stub("rsync", "cat <<'END'\n" + stats() + "END\nexit 24");
    assertThat(ended("bulk-sync-1").files()).isEqualTo(3);
    assertThatThrownBy(
            () -> {
              while (!lab.sync()
                  .afterWritesStopped("last-sync-1", TransferPlatform.LONG)
                  .ended()) {}
            })
        .hasMessageContaining("exit code 24");
  }

  @Test
  void whileItRunsItTellsBytesRateAndTimeLeft() {
    lab.dest
        .shell()
        .stub(
            "rsync",
            "printf '%s\\n' '    277,741,568  97%   45.31MB/s    0:00:06'; until [ -e \"$SANDBOX/go\" ];"
                + " do sleep 0.05; done; cat <<'END'\n"
                + stats()
                + "END\n");
    Sync.Run run = lab.sync().whileSourceRuns("bulk-sync-1", TransferPlatform.LONG);
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (!run.progress().orElse("").contains("97 %") && System.nanoTime() - deadline < 0) {
      assertThat(run.ended()).isFalse();
      run = lab.sync().whileSourceRuns("bulk-sync-1", TransferPlatform.LONG);
    }
    assertThat(run.progress()).contains("277,741,568 bytes, 97 %, 45.31MB/s, 0:00:06 left");
    lab.dest.shell().run(Command.look("go", "touch \"$SANDBOX/go\""));
    assertThat(ended("bulk-sync-1").files()).isEqualTo(3);
  }

  @Test
  void equalCopiesAreProvenAndDifferentOnesNamed() throws Exception {
    assertThatThrownBy(() -> proof().prove())
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("No such file");
    ended("bulk-sync-1");
    Files.writeString(lab.incoming().resolve("appendonly.aof"), "cut off");
    Files.writeString(lab.incoming().resolve("stale.rdb"), "old");
    Files.delete(lab.incoming().resolve("redis_dump.rdb"));
    assertThatThrownBy(() -> proof().prove())
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("./appendonly.aof differs; ./redis_dump.rdb only on source")
        .hasMessageContaining("./stale.rdb only on dest");
    ended("bulk-sync-2");
    CopyProof.Proven proven = proof().prove();
    assertThat(proven.ownerCorrected()).isFalse();
    assertThat(proven.markdown()).contains("| `./appendonly.aof` | `");
  }

  @Test
  void keysThatExpiredSinceTheLastSyncAreNoDifference() throws Exception {
    ended("bulk-sync-1");
    appended("*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*2\r\n$3\r\nDEL\r\n$9\r\nabc:state\r\n");
    assertThat(proof().prove().markdown()).contains("| `./appendonly.aof` | `");
  }

  @Test
  void aWriteSinceTheLastSyncIsADifferenceWhateverExpiredWithIt() throws Exception {
    ended("bulk-sync-1");
    appended("*2\r\n$3\r\nDEL\r\n$9\r\nabc:state\r\n");
    appended("*3\r\n$3\r\nSET\r\n$3\r\nbob\r\n$3\r\nDEL\r\n");
    assertThatThrownBy(() -> proof().prove()).hasMessageContaining("appendonly.aof differs");
  }

  @Test
  void aCopyThatIsNoBeginningOfSourcesAofIsADifference() throws Exception {
    ended("bulk-sync-1");
    appended("*2\r\n$3\r\nDEL\r\n$9\r\nabc:state\r\n");
    Files.writeString(lab.incoming().resolve("appendonly.aof"), "set mallory");
    assertThatThrownBy(() -> proof().prove()).hasMessageContaining("appendonly.aof differs");
  }

  private void appended(String commands) throws Exception {
    Files.writeString(
        lab.source.data().resolve("appendonly.aof"), commands, StandardOpenOption.APPEND);
  }

  @Test
  void nothingIsProvenWhileAJobWritesThere() {
    DetachedJob job =
        new DetachedJob(lab.onDest(), SandboxRegister.MIGRATION, "another-sync", "a sync");
    job.launch("sleep 600");
    try {
      assertThatThrownBy(() -> proof().prove())
          .isInstanceOf(StepFailure.class)
          .hasMessageContaining("another-sync runs; the copy was not proven");
    } finally {
      job.kill();
    }
  }

  private CopyProof proof() {
    return new CopyProof(
        lab.onSource(),
        lab.onDest(),
        lab.sourceRegister(),
        lab.dest.register(),
        SandboxRegister.MIGRATION);
  }

  private RsyncStats ended(String id) {
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (System.nanoTime() - deadline < 0) {
      Sync.Run run = lab.sync().whileSourceRuns(id, TransferPlatform.LONG);
      if (run.ended()) {
        return run.stats().orElseThrow();
      }
    }
    throw new AssertionError("rsync did not end");
  }

  private static String stats() {
    return String.join(
        "\n",
        List.of(
            "Number of files: 3",
            "Number of regular files transferred: 0",
            "Total file size: 10 bytes",
            "Total bytes sent: 1",
            "Total bytes received: 2",
            "total size is 10  speedup is 3.33",
            ""));
  }
}
