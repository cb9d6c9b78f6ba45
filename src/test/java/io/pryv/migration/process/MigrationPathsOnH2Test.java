package io.pryv.migration.process;

import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/** On a database of its own: an application that starts on another one's ends that one. */
@DirtiesContext
class MigrationPathsOnH2Test extends MigrationPaths {

  @DynamicPropertySource
  static void database(DynamicPropertyRegistry properties) {
    properties.add(
        "spring.datasource.url",
        () -> "jdbc:h2:file:${migration.data}/migration-paths;DB_CLOSE_ON_EXIT=FALSE");
  }
}
