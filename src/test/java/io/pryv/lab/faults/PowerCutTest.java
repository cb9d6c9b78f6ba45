package io.pryv.lab.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The practice platform's disks (src/lab/disk.sh): what a power cut takes, and what it may not. */
class PowerCutTest {

  @TempDir Path disks;

  @BeforeEach
  void makesDisk() throws Exception {
    assumeTrue(
        bash("disks_possible").code == 0,
        "no disk here can lose its power: that takes root, loop devices and xfsprogs");
    must("disk_make \"$DISKS\" a");
  }

  @AfterEach
  void removesDisk() throws Exception {
    must("! disks_possible || disk_remove \"$DISKS\" a");
  }

  @Test
  void whatWasSyncedIsKeptAndWhatWasNotIsGone() throws Exception {
    must(
        """
        cd "$DISKS/a/disk"
        echo one >synced; sync synced .
        printf one >half; sync half; printf two >>half
        echo old >replaced; sync replaced .; echo new >replaced.new; mv replaced.new replaced
        echo two >unsynced
        cd /
        disk_cut "$DISKS" a
        disk_mend "$DISKS" a
        """);
    assertThat(Files.readString(file("synced"))).isEqualTo("one\n");
    assertThat(Files.readString(file("half"))).isEqualTo("one");
    assertThat(Files.readString(file("replaced"))).isEqualTo("old\n");
    assertThat(file("unsynced"))
        .satisfiesAnyOf(
            file -> assertThat(file).doesNotExist(), file -> assertThat(file).isEmptyFile());
  }

  @Test
  void aCutThatDroppedNothingIsTold() throws Exception {
    Ended ended = bash("disk_mark \"$DISKS\" a && disk_mend \"$DISKS\" a");
    assertThat(ended.code).isEqualTo(1);
    assertThat(ended.said).contains("disk a: the cut kept what had not been synced");
  }

  @Test
  void aCutThatDroppedTooMuchIsTold() throws Exception {
    Ended ended =
        bash(
            "rm \"$DISKS/a/synced\"; sync -f \"$DISKS/a\"; disk_cut \"$DISKS\" a; disk_mend \"$DISKS\" a");
    assertThat(ended.code).isEqualTo(1);
    assertThat(ended.said).contains("disk a: the cut took what had been synced");
  }

  @Test
  void whatAnEarlierRunLeftIsNoObstacle() throws Exception {
    must("echo left >\"$DISKS/a/disk/file\"; mount -o loop \"$DISKS/a.img\" \"$DISKS/a\" || true");
    must("disk_make \"$DISKS\" a");
    assertThat(file("file")).doesNotExist();
    must("disk_cut \"$DISKS\" a; disk_remove \"$DISKS\" a");
    must("[ -z \"$(losetup -j \"$DISKS/a.img\")\" ] && [ ! -e \"$DISKS/a\" ]");
  }

  private Path file(String name) {
    return disks.resolve("a/disk").resolve(name);
  }

  private void must(String commands) throws Exception {
    Ended ended = bash(commands);
    assertThat(ended.code).as(ended.said).isZero();
  }

  private Ended bash(String commands) throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(
            "bash", "-c", String.join("\n", "set -e", ". src/lab/disk.sh", commands));
    builder.environment().putAll(Map.of("DISKS", disks.toString(), "LAB_DISK_SIZE", "320M"));
    Process process = builder.redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return new Ended(process.exitValue(), said);
  }

  private record Ended(int code, String said) {}
}
