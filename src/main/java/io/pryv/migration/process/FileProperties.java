package io.pryv.migration.process;

import java.nio.file.Path;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * Where this program keeps and finds files.
 *
 * @param data what it writes: database, reports
 * @param platforms the platform files that may be migrated, {@code NAME.yaml}
 */
@ConfigurationProperties("migration")
record FileProperties(Path data, Path platforms) {

  Path reports() {
    return data.resolve("reports");
  }
}
