package io.pryv.migration.console;

import io.pryv.migration.console.Migrations.Glance;
import io.pryv.migration.process.Logbook;
import io.pryv.migration.process.Logbook.Evidence;
import io.pryv.migration.process.Report;
import io.pryv.migration.process.Reports;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.camunda.bpm.engine.MismatchingMessageCorrelationException;
import org.camunda.bpm.engine.RuntimeService;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

/** Migrations for programs: what the pages show, as JSON. */
@RestController
@RequestMapping("/api/migrations")
class MigrationRest {

  private final Migrations migrations;
  private final Reports reports;
  private final Logbook logbook;
  private final RuntimeService runtime;

  MigrationRest(Migrations migrations, Reports reports, Logbook logbook, RuntimeService runtime) {
    this.migrations = migrations;
    this.reports = reports;
    this.logbook = logbook;
    this.runtime = runtime;
  }

  @GetMapping
  List<Glance> all() {
    return migrations.all();
  }

  @GetMapping("/{id}")
  Glance one(@PathVariable("id") String id) {
    return migrations
        .one(id)
        .orElseThrow(() -> new ResponseStatusException(HttpStatus.NOT_FOUND, "no migration " + id));
  }

  @GetMapping(path = "/{id}/report.json", produces = MediaType.APPLICATION_JSON_VALUE)
  String reportAsJson(@PathVariable("id") String id) {
    return report(id).json();
  }

  @GetMapping(path = "/{id}/report.md", produces = "text/markdown;charset=UTF-8")
  String reportAsMarkdown(@PathVariable("id") String id) {
    return report(id).markdown();
  }

  @GetMapping("/{id}/evidence")
  List<Map<String, Object>> evidence(@PathVariable("id") String id) {
    one(id);
    return logbook.evidence(id).stream()
        .map(
            each ->
                Map.<String, Object>of(
                    "name", each.name(), "step", each.step(), "written", each.written()))
        .toList();
  }

  @GetMapping(path = "/{id}/evidence/{name}", produces = "text/markdown;charset=UTF-8")
  String evidence(@PathVariable("id") String id, @PathVariable("name") String name) {
    one(id);
    return logbook.evidence(id).stream()
        .filter(each -> each.name().equals(name))
        .findFirst()
        .map(Evidence::markdown)
        .orElseThrow(
            () ->
                new ResponseStatusException(
                    HttpStatus.NOT_FOUND, "no evidence " + name + " in migration " + id));
  }

  /** Changes on machines; of an edited file the size only: its bytes stay here. */
  @GetMapping("/{id}/journal")
  List<JournalLine> journal(@PathVariable("id") String id) {
    one(id);
    return logbook.changes(id).stream()
        .map(
            change ->
                new JournalLine(
                    change.step(),
                    change.machine(),
                    change.kind(),
                    change.purpose(),
                    change.script(),
                    change.path(),
                    change.started(),
                    change.duration().map(java.time.Duration::toMillis).orElse(null),
                    change.exitCode().orElse(null),
                    change.tail(),
                    change.before().map(bytes -> bytes.length).orElse(null),
                    change.after().map(bytes -> bytes.length).orElse(null)))
        .toList();
  }

  /** Asks for an abort; possible as long as dest is only being prepared. */
  @PostMapping("/{id}/abort")
  @ResponseStatus(HttpStatus.ACCEPTED)
  void abort(@PathVariable("id") String id) {
    one(id);
    try {
      runtime.createMessageCorrelation("abortRequested").processInstanceId(id).correlate();
    } catch (MismatchingMessageCorrelationException e) {
      throw new ResponseStatusException(
          HttpStatus.CONFLICT,
          "migration "
              + id
              + " can't be aborted where it stands: that is possible from the launch of dest to"
              + " the gate; a preflight that stops asks by itself",
          e);
    }
  }

  private Report report(String id) {
    one(id);
    return reports.of(id);
  }

  /**
   * One change on a machine.
   *
   * @param bytesBefore null when there was no file, or for a command
   */
  record JournalLine(
      String step,
      String machine,
      String kind,
      String purpose,
      String script,
      String path,
      Instant startedAt,
      Long durationMs,
      Integer exitCode,
      String tail,
      Integer bytesBefore,
      Integer bytesAfter) {}
}
