package io.pryv.migration.process;

import org.junit.jupiter.api.AfterAll;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.ActiveProfiles;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

@ActiveProfiles("postgres")
@DirtiesContext
class DoorsOnPostgresTest extends Doors {

  private static Postgres server;

  @DynamicPropertySource
  static void database(DynamicPropertyRegistry properties) {
    server = new Postgres();
    server.describeIn(properties);
  }

  @AfterAll
  static void stop() {
    server.close();
  }
}
