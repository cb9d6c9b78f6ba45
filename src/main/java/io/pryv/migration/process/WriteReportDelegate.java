package io.pryv.migration.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.springframework.stereotype.Component;

/** Leaves the migration's report in files, as Markdown and as JSON. */
@Component("writeReport")
class WriteReportDelegate extends StepDelegate {

  private final Reports reports;
  private final FileProperties files;

  WriteReportDelegate(StepContexts contexts, Reports reports, FileProperties files) {
    super(contexts);
    this.reports = reports;
    this.files = files;
  }

  @Override
  protected void perform(StepContext step) {
    Report report = reports.of(step.migration());
    String name = step.platform().domain() + "-" + step.migration();
    try {
      Files.createDirectories(files.reports());
      write(files.reports().resolve(name + ".json"), report.json());
      write(files.reports().resolve(name + ".md"), report.markdown());
    } catch (IOException e) {
      throw new UncheckedIOException("the report can't be written to " + files.reports(), e);
    }
    step.say("report: " + files.reports().resolve(name + ".md").toAbsolutePath().normalize());
  }

  private static void write(Path file, String text) throws IOException {
    Path beside = file.resolveSibling(file.getFileName() + ".new");
    Files.writeString(beside, text);
    try {
      Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(beside, file, StandardCopyOption.REPLACE_EXISTING);
    }
  }
}
