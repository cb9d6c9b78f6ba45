package io.pryv.migration.process;

import io.pryv.migration.platform.Platform;
import io.pryv.migration.platform.PlatformFile;
import io.pryv.migration.platform.StepFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.springframework.stereotype.Component;

/** The directory of platform files. */
@Component
public class PlatformFiles {

  private final Path directory;

  PlatformFiles(FileProperties files) {
    this.directory = files.platforms();
  }

  /**
   * How a platform file has been edited since a migration began, which keeps its own copy.
   *
   * @param name the variable platformFile
   * @param own the variable platform
   * @return one line for each property that differs; empty when nothing does
   */
  public List<String> editsSince(Object name, Object own) {
    try {
      Platform now = PlatformFile.read(find(name));
      return Differences.between(Values.tree("platform", Values.text(own)), Values.tree(now));
    } catch (RuntimeException unreadable) {
      return List.of("the whole file: " + unreadable.getMessage());
    }
  }

  /** A name, never a path: what may be migrated is what lies in the directory of platform files. */
  Path find(Object name) {
    if (!(name instanceof String text) || !text.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,99}")) {
      throw new StepFailure(
          "this program",
          "platformFile",
          "the name of a platform file in " + directory.toAbsolutePath().normalize(),
          String.valueOf(name),
          "start again with one of: " + present());
    }
    String fileName = text.endsWith(".yaml") || text.endsWith(".yml") ? text : text + ".yaml";
    Path file = directory.resolve(fileName).toAbsolutePath().normalize();
    if (!Files.isRegularFile(file)) {
      throw new StepFailure(
          "this program",
          "platform file " + file,
          "a readable file",
          "none there",
          "put it there, or start again with one of: " + present());
    }
    return file;
  }

  private List<String> present() {
    try (Stream<Path> all = Files.list(directory)) {
      return all.map(path -> path.getFileName().toString())
          .filter(fileName -> fileName.endsWith(".yaml") || fileName.endsWith(".yml"))
          .sorted()
          .toList();
    } catch (IOException e) {
      return List.of();
    }
  }
}
