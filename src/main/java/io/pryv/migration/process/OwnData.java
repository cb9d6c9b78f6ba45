package io.pryv.migration.process;

import io.pryv.migration.platform.OthersAccess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.env.Environment;
import org.springframework.stereotype.Component;

/**
 * The directory of database, reports and the admin's password is this program's alone, before
 * anything is opened in it.
 */
@Component
class OwnData implements BeanFactoryPostProcessor {

  @Override
  public void postProcessBeanFactory(ConfigurableListableBeanFactory beans) {
    require(Path.of(beans.getBean(Environment.class).getRequiredProperty("migration.data")));
  }

  /**
   * Makes the directory if there is none.
   *
   * @throws OpenToOthers when others may read or write it
   */
  static void require(Path data) {
    try {
      if (!Files.exists(data)) {
        Files.createDirectories(data.toAbsolutePath().getParent());
        Files.createDirectory(
            data,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      }
      Optional<String> open = OthersAccess.open(data);
      if (open.isPresent()) {
        throw new OpenToOthers(open.get());
      }
    } catch (IOException e) {
      throw new OpenToOthers(data + ", which cannot be made or looked at: " + e.getMessage());
    }
  }

  /** This program does not start on data that others may read or write. */
  static final class OpenToOthers extends IllegalStateException {

    private static final long serialVersionUID = 1L;

    OpenToOthers(String found) {
      super(
          "migration.data: expected a directory that nobody but this program's user may read or"
              + " write, found "
              + found);
    }
  }

  /** Says so in a few lines, without stack trace. */
  static class Analyzer extends AbstractFailureAnalyzer<OpenToOthers> {

    @Override
    protected FailureAnalysis analyze(Throwable root, OpenToOthers cause) {
      return new FailureAnalysis(
          cause.getMessage(),
          "Type what stands in parentheses. If others have read it meanwhile, change the admin's"
              + " password; if they may have written it, compare the machines with what the pages"
              + " show before anything goes on.",
          cause);
    }
  }
}
