package io.pryv.migration.process;

import io.pryv.migration.platform.Platform;
import io.pryv.migration.platform.PlatformFile;
import io.pryv.migration.platform.StepFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.camunda.bpm.engine.delegate.DelegateExecution;
import org.camunda.bpm.engine.delegate.JavaDelegate;
import org.springframework.stereotype.Component;

/**
 * Reads and validates the platform file within the transaction that starts the migration: whoever
 * starts it is told at once what is wrong, and nothing has begun.
 */
@Component("readPlatformFile")
class ReadPlatformFileDelegate implements JavaDelegate {

  private final FileProperties files;
  private final Claims claims;
  private final Logbook logbook;

  ReadPlatformFileDelegate(FileProperties files, Claims claims, Logbook logbook) {
    this.files = files;
    this.claims = claims;
    this.logbook = logbook;
  }

  @Override
  public void execute(DelegateExecution execution) {
    long began = System.nanoTime();
    Path file = file(execution.getVariable("platformFile"));
    Platform platform = PlatformFile.read(file);
    claims.claim(execution.getProcessInstanceId(), platform);
    execution.setProcessBusinessKey(platform.domain());
    execution.setVariable("platform", Values.toVariable(platform));
    execution.setVariable("domain", platform.domain());
    execution.setVariable("checkEvery", platform.options().checkEvery().toString());
    execution.setVariable(ColdWindow.FAILURE, "");
    execution.setVariable("notBefore", "");
    execution.setVariable(Rollback.REQUESTED, false);
    execution.setVariable(Rollback.REASON, "");
    execution.setVariable(Rollback.ASKED_BY, "");
    execution.setVariable(Rollback.RETIRED, false);
    if (execution.getVariable("operator") == null) {
      execution.setVariable("operator", "");
    }
    logbook.passed(
        execution.getProcessInstanceId(),
        execution.getCurrentActivityId(),
        execution.getCurrentActivityName(),
        Duration.ofNanos(System.nanoTime() - began),
        "%s: %s moves from %s to %s"
            .formatted(
                file,
                platform.domain(),
                platform.source().publicAddress(),
                platform.dest().publicAddress()));
  }

  /** A name, never a path: what may be migrated is what lies in the directory of platform files. */
  private Path file(Object name) {
    if (!(name instanceof String text) || !text.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,99}")) {
      throw new StepFailure(
          "this program",
          "platformFile",
          "the name of a platform file in " + files.platforms().toAbsolutePath().normalize(),
          String.valueOf(name),
          "start again with one of: " + present());
    }
    String fileName = text.endsWith(".yaml") || text.endsWith(".yml") ? text : text + ".yaml";
    Path file = files.platforms().resolve(fileName).toAbsolutePath().normalize();
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
    try (Stream<Path> all = Files.list(files.platforms())) {
      return all.map(path -> path.getFileName().toString())
          .filter(fileName -> fileName.endsWith(".yaml") || fileName.endsWith(".yml"))
          .sorted()
          .toList();
    } catch (IOException e) {
      return List.of();
    }
  }
}
