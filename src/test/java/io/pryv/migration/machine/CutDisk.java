package io.pryv.migration.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A directory whose disk can lose its power: what was not synced is gone then (src/lab/disk.sh).
 * Tests that need one are skipped where there can be none.
 */
public final class CutDisk implements AutoCloseable {

  private final Path disks;
  private final Path directory;

  private CutDisk(Path disks, Path directory) {
    this.disks = disks;
    this.directory = directory;
  }

  /** Puts a directory, with what it holds, on such a disk. */
  public static CutDisk at(Path directory) {
    try {
      CutDisk disk = new CutDisk(Files.createTempDirectory("cut-disk-"), directory);
      assumeTrue(disk.bash("disks_possible") == 0, "no disk here can lose its power");
      disk.must(
          """
          disk_make "$DISKS" a
          cp -a "$AT/." "$DISKS/a/disk/"
          disk_sync "$DISKS" a
          mount --bind "$DISKS/a/disk" "$AT"
          """);
      return disk;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The power is cut, and comes back. */
  public void cut() {
    must(
        """
        disk_mark "$DISKS" a
        disk_cut "$DISKS" a
        umount "$AT"
        disk_mend "$DISKS" a
        mount --bind "$DISKS/a/disk" "$AT"
        """);
  }

  @Override
  public void close() {
    must(
        """
        umount "$AT" || true
        disk_remove "$DISKS" a
        rmdir "$DISKS"
        """);
  }

  private void must(String commands) {
    assertThat(bash(commands)).as(commands).isZero();
  }

  private int bash(String commands) {
    ProcessBuilder builder =
        new ProcessBuilder(
            List.of("bash", "-c", String.join("\n", "set -e", ". src/lab/disk.sh", commands)));
    builder.environment().put("DISKS", disks.toString());
    builder.environment().put("AT", directory.toString());
    builder.environment().put("LAB_DISK_SIZE", "320M");
    try {
      Process process = builder.redirectErrorStream(true).start();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      int code = process.waitFor();
      if (code != 0) {
        System.err.println(said);
      }
      return code;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
