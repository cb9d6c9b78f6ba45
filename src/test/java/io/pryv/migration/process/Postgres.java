package io.pryv.migration.process;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.springframework.test.context.DynamicPropertyRegistry;

/** A real PostgreSQL, empty at first, for the profile of that name. */
final class Postgres implements AutoCloseable {

  private final EmbeddedPostgres server;

  Postgres() {
    try {
      server = EmbeddedPostgres.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
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
    try {
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
