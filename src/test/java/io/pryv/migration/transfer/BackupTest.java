package io.pryv.migration.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.machine.SandboxHands;
import io.pryv.migration.machine.SandboxRegister;
import io.pryv.migration.machine.SandboxShell;
import io.pryv.migration.platform.Machine.Role;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.FakeRedis;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BackupTest {

  private static final Duration PATIENCE = Duration.ofSeconds(3);

  private final SandboxRegister source =
      new SandboxRegister(SandboxShell.of(Role.SOURCE))
          .dataFile("appendonly.aof", "*2\r\n")
          .dataFile("redis_dump.rdb", "REDIS0009")
          .dataFile("temp-1234.rdb", "half");
  private final SandboxHands hands = new SandboxHands(source.shell());
  private final FakeRedis redis =
      new FakeRedis("source").says("aof_base_size", "1000").says("aof_last_rewrite_time_sec", "0");

  @AfterEach
  void remove() {
    source.close();
  }

  @Test
  void theCopyIsCheckedAndForTheOwnerAlone() throws Exception {
    Backup backup = backup("");
    assertThat(backup.look()).isEmpty();
    copy(backup);
    Backup.Made made = backup.look().orElseThrow();
    Path expected =
        source
            .shell()
            .home()
            .resolve("register-migration-backup/pryv.lab-" + SandboxRegister.MIGRATION);
    assertThat(made.location()).isEqualTo(expected.toString());
    assertThat(made.sums()).hasSize(2);
    assertThat(made.markdown()).contains("./appendonly.aof").contains(expected.toString());
    assertThat(expected.resolve("data/appendonly.aof")).hasContent("*2\r\n");
    assertThat(expected.resolve("data/temp-1234.rdb")).doesNotExist();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(expected)))
        .isEqualTo("rwx------");
  }

  @Test
  void anotherDirectoryCanBeChosen() {
    Path chosen = source.shell().root().resolve("big disk");
    Backup backup = backup(chosen.toString());
    copy(backup);
    assertThat(backup.look().orElseThrow().location()).startsWith(chosen + "/pryv.lab-");
  }

  @Test
  void aCopyThatWasSpoiltSinceIsNotABackup() throws Exception {
    Backup backup = backup("");
    copy(backup);
    Files.writeString(
        Path.of(backup.look().orElseThrow().location()).resolve("data/appendonly.aof"), "x");
    assertThatThrownBy(backup::look)
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("./appendonly.aof: FAILED");
  }

  @Test
  void aRewriteOfTheAofInBetweenIsNoticedAndTheCopyMadeAgain() {
    Backup backup = backup("");
    Optional<Backup.Mark> begun = backup.mark(PATIENCE);
    copy(backup);
    assertThat(backup.mark(PATIENCE)).isEqualTo(begun);
    redis.says("aof_base_size", "1200");
    assertThat(backup.mark(PATIENCE)).isNotEqualTo(begun);
    backup.discard();
    assertThat(backup.look()).isEmpty();
    copy(backup);
    assertThat(backup.look()).isPresent();
  }

  @Test
  void itDoesNotBeginDuringARewrite() {
    redis.says("aof_rewrite_in_progress", "1");
    assertThat(backup("").mark(Duration.ofMillis(300))).isEmpty();
  }

  @Test
  void aCopyThatFailedIsToldAndTriedAgain() throws Exception {
    Path file = Files.writeString(source.shell().root().resolve("a file"), "");
    assertThatThrownBy(() -> copy(backup(file.toString())))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("Not a directory");
    copy(backup(""));
    assertThat(backup("").look()).isPresent();
  }

  private static void copy(Backup backup) {
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (!backup.copy(PATIENCE)) {
      assertThat(System.nanoTime() - deadline).isNegative();
    }
  }

  private Backup backup(String directory) {
    return new Backup(
        source.register(),
        hands.on(source.shell().machine()),
        FakeRedis.door(redis),
        SandboxRegister.MIGRATION,
        directory,
        "pryv.lab");
  }
}
