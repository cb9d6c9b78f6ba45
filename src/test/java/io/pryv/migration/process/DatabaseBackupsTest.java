package io.pryv.migration.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.annotation.Autowired;

/** Copies of the embedded database, and whether one can be gone on with. */
class DatabaseBackupsTest extends EngineTest {

  private static final Path BACKUPS = DIRECTORY.resolve("backups");

  @Autowired DatabaseBackups backups;
  @TempDir Path restored;

  @Test
  void beforeEachGateThereIsOneThatHoldsTheMigration() throws Exception {
    String migration = start();
    taskAt(migration, "gate");
    Path newest = all().get(0);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(newest)))
        .isEqualTo("rw-------");
    assertThat(logbook.steps(migration).toString()).contains(newest.toString());
    unzip(newest);
    try (Connection connection =
            DriverManager.getConnection(
                "jdbc:h2:file:" + restored.resolve("register-migration"), "sa", "");
        Statement statement = connection.createStatement();
        ResultSet steps =
            statement.executeQuery(
                "select count(*) from MIGRATION_STEP where MIGRATION = '" + migration + "'")) {
      steps.next();
      assertThat(steps.getInt(1)).isGreaterThan(5);
    }
  }

  @Test
  void thereIsOneADayAndFourteenAreKept() throws Exception {
    backups.make();
    int before = all().size();
    backups.round();
    assertThat(all()).hasSize(before);
    for (int i = 0; i < 20; i++) {
      backups.make();
    }
    assertThat(all()).hasSize(14);
  }

  /** The newest first. */
  private static List<Path> all() throws IOException {
    try (Stream<Path> files = Files.list(BACKUPS)) {
      return files.sorted((one, other) -> other.compareTo(one)).toList();
    }
  }

  private void unzip(Path backup) throws IOException {
    try (ZipInputStream zip = new ZipInputStream(Files.newInputStream(backup))) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        Files.copy(zip, restored.resolve(entry.getName()));
      }
    }
  }
}
