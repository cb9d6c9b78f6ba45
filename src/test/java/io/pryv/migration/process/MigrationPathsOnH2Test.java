package io.pryv.migration.process;

import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/** Ends its application: the next test starts another one on the same database. */
@DirtiesContext
class MigrationPathsOnH2Test extends MigrationPaths {

  @DynamicPropertySource
  static void database(DynamicPropertyRegistry properties) {
    properties.add(
        "spring.datasource.url",
        () -> "jdbc:h2:file:${migration.data}/register-migration;DB_CLOSE_ON_EXIT=FALSE");
  }
}
