package io.pryv.migration.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.pryv.migration.engine.SyncedFiles;
import io.pryv.migration.machine.CutDisk;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.core.io.ClassPathResource;

class EmbeddedDatabaseTest {

  @Test
  void whatIsCommittedOutlivesAKillInTheSameInstant(@TempDir Path data) throws Exception {
    String url = configuredUrl().replace("${migration.data}", data.toString());
    runs(CommitsAndDies.class, url);
    assertThat(rows(url)).isEqualTo(CommitsAndDies.ROWS);
  }

  /** Else a change could have been made on a machine that is not in the journal any more. */
  @Test
  void whatIsCommittedOutlivesAPowerCutInTheSameInstant(@TempDir Path data) throws Exception {
    try (CutDisk disk = CutDisk.at(data)) {
      String url = configuredUrl().replace("${migration.data}", data.toString());
      runs(CommitsAndDies.class, url);
      disk.cut();
      assertThat(rows(url)).isEqualTo(CommitsAndDies.ROWS);
    }
  }

  @Test
  void itLetsInOneProgramOnly(@TempDir Path data) throws Exception {
    SyncedFiles.register();
    String url = configuredUrl().replace("${migration.data}", data.toString());
    try (Connection held = DriverManager.getConnection(url, "sa", "")) {
      assertThat(held.isValid(1)).isTrue();
      assertThat(exitCode(CommitsAndDies.class, url)).isEqualTo(1);
    }
  }

  private static void runs(Class<?> program, String url) throws Exception {
    assertThat(exitCode(program, url)).isEqualTo(CommitsAndDies.HALTED);
  }

  private static int exitCode(Class<?> program, String url) throws Exception {
    Process killed =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-cp",
                    System.getProperty("java.class.path"),
                    program.getName(),
                    url))
            .inheritIO()
            .start();
    assertThat(killed.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return killed.exitValue();
  }

  /** As the threads of steps are when this program stops. */
  @Test
  void aThreadThatIsInterruptedClosesNobodysDatabase(@TempDir Path data) throws Exception {
    SyncedFiles.register();
    String url = configuredUrl().replace("${migration.data}", data.toString());
    try (Connection others = DriverManager.getConnection(url, "sa", "");
        Statement statement = others.createStatement()) {
      statement.execute("create table JOURNAL (ID int)");
      Thread interrupted =
          new Thread(
              () -> {
                try (Connection connection = DriverManager.getConnection(url, "sa", "");
                    Statement mine = connection.createStatement()) {
                  for (int i = 0; i < 50; i++) {
                    Thread.currentThread().interrupt();
                    mine.execute("insert into JOURNAL values (" + i + ")");
                  }
                } catch (SQLException closed) {
                  // Its own work may fail.
                }
              });
      interrupted.start();
      interrupted.join();
      statement.execute("insert into JOURNAL values (100)");
    }
    assertThat(rows(url)).isPositive();
  }

  private static int rows(String url) throws SQLException {
    SyncedFiles.register();
    try (Connection connection = DriverManager.getConnection(url, "sa", "");
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("select count(*) from JOURNAL")) {
      rows.next();
      return rows.getInt(1);
    }
  }

  private static String configuredUrl() throws IOException {
    return (String)
        new YamlPropertySourceLoader()
            .load("application", new ClassPathResource("application.yaml"))
            .get(0)
            .getProperty("spring.datasource.url");
  }

  /** Ends as kill -9 does: nothing is closed, no hook runs. */
  static final class CommitsAndDies {

    static final int HALTED = 42;
    static final int ROWS = 10;

    private CommitsAndDies() {}

    public static void main(String[] arguments) throws SQLException {
      SyncedFiles.register();
      Connection connection = DriverManager.getConnection(arguments[0], "sa", "");
      Statement statement = connection.createStatement();
      statement.execute("create table JOURNAL (ID int)");
      for (int i = 0; i < ROWS; i++) {
        statement.execute("insert into JOURNAL values (" + i + ")");
      }
      Runtime.getRuntime().halt(HALTED);
    }
  }
}
