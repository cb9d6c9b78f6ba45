package io.pryv.migration.process;

import static org.assertj.core.api.Assertions.assertThat;

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
    Process killed =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-cp",
                    System.getProperty("java.class.path"),
                    CommitsAndDies.class.getName(),
                    url))
            .inheritIO()
            .start();
    assertThat(killed.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(killed.exitValue()).isEqualTo(CommitsAndDies.HALTED);

    try (Connection connection = DriverManager.getConnection(url, "sa", "");
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("select count(*) from JOURNAL")) {
      rows.next();
      assertThat(rows.getInt(1)).isEqualTo(CommitsAndDies.ROWS);
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
