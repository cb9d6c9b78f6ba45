package io.pryv.migration.process;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.springframework.test.context.DynamicPropertyRegistry;

/** A real PostgreSQL, empty at first, for the profile of that name. */
final class Postgres implements AutoCloseable {

  private final Path data;
  private EmbeddedPostgres server;

  Postgres() {
    try {
      data = Files.createTempDirectory("postgres-");
      server = started(EmbeddedPostgres.builder());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private EmbeddedPostgres started(EmbeddedPostgres.Builder builder) throws IOException {
    return builder.setDataDirectory(data).setCleanDataDirectory(false).start();
  }

  /** Stops the server; its data stays. */
  void halt() {
    try {
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Starts it again after {@link #halt}, at the same port. */
  void boot() {
    try {
      server = started(EmbeddedPostgres.builder().setPort(server.getPort()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The number that a query gives. */
  long count(String query) {
    try (Connection connection = server.getPostgresDatabase().getConnection();
        ResultSet rows = connection.createStatement().executeQuery(query)) {
      rows.next();
      return rows.getLong(1);
    } catch (SQLException e) {
      throw new IllegalStateException(query, e);
    }
  }

  /** Tells a test's application where it is. */
  void describeIn(DynamicPropertyRegistry properties) {
    environment().forEach((name, value) -> properties.add(name, () -> value));
  }

  /** Tells a program that is started by a command line. */
  List<String> arguments() {
    Map<String, String> all = environment();
    all.put("spring.profiles.active", "postgres");
    return all.entrySet().stream().map(one -> "--" + one.getKey() + "=" + one.getValue()).toList();
  }

  private Map<String, String> environment() {
    return new LinkedHashMap<>(
        Map.of(
            "DATABASE_URL",
            server.getJdbcUrl("postgres", "postgres"),
            "DATABASE_USER",
            "postgres",
            "DATABASE_PASSWORD",
            "postgres"));
  }

  @Override
  public void close() {
    halt();
    try (Stream<Path> files = Files.walk(data)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
