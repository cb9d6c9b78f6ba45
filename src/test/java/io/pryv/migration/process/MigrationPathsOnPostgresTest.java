package io.pryv.migration.process;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.ActiveProfiles;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

@ActiveProfiles("postgres")
@DirtiesContext
class MigrationPathsOnPostgresTest extends MigrationPaths {

  private static EmbeddedPostgres server;

  @DynamicPropertySource
  static void database(DynamicPropertyRegistry properties) throws IOException {
    server = EmbeddedPostgres.start();
    properties.add("DATABASE_URL", () -> server.getJdbcUrl("postgres", "postgres"));
    properties.add("DATABASE_USER", () -> "postgres");
    properties.add("DATABASE_PASSWORD", () -> "postgres");
  }

  @AfterAll
  static void stop() throws IOException {
    server.close();
  }
}
