package io.pryv.migration.engine;

import java.io.IOException;
import java.nio.channels.FileChannel;
import org.h2.store.fs.FilePath;
import org.h2.store.fs.FilePathWrapper;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.env.EnvironmentPostProcessor;
import org.springframework.core.env.ConfigurableEnvironment;

/**
 * Files of the embedded database each of whose writes is on the disk when it returns: {@code
 * jdbc:h2:synced:PATH}. H2 itself leaves them to the operating system, so that a power cut takes
 * what was committed, the journal of changes on machines among it (H2's manual, "Durability
 * Problems").
 */
public final class SyncedFiles extends FilePathWrapper {

  private static final String SCHEME = "synced";

  /** Teaches H2 the scheme. */
  public static void register() {
    FilePath.register(new SyncedFiles());
  }

  @Override
  public String getScheme() {
    return SCHEME;
  }

  @Override
  public FileChannel open(String mode) throws IOException {
    return getBase().open(mode.equals("rw") ? "rwd" : mode);
  }

  /** Registers them before any database is opened. Named in META-INF/spring.factories. */
  static final class AtStart implements EnvironmentPostProcessor {

    @Override
    public void postProcessEnvironment(
        ConfigurableEnvironment environment, SpringApplication application) {
      register();
    }
  }
}
