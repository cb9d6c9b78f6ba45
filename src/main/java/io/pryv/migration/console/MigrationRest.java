package io.pryv.migration.console;

import io.pryv.migration.console.Migrations.Glance;
import io.pryv.migration.machine.Lease;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.process.Actors;
import io.pryv.migration.process.Leases;
import io.pryv.migration.process.Leases.Held;
import io.pryv.migration.process.Logbook;
import io.pryv.migration.process.Logbook.Evidence;
import io.pryv.migration.process.Report;
import io.pryv.migration.process.Reports;
import io.pryv.migration.process.Rollback;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import org.camunda.bpm.engine.AuthorizationException;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
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
  private final Rollback rollback;
  private final Leases leases;
  private final Actors actors;

  MigrationRest(
      Migrations migrations,
      Reports reports,
      Logbook logbook,
      Rollback rollback,
      Leases leases,
      Actors actors) {
    this.migrations = migrations;
    this.reports = reports;
    this.logbook = logbook;
    this.rollback = rollback;
    this.leases = leases;
    this.actors = actors;
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

  /** Asks for a rollback; it is carried out by the migration's own process. */
  @PostMapping("/{id}/rollback")
  @ResponseStatus(HttpStatus.ACCEPTED)
  void rollBack(@PathVariable("id") String id, @RequestBody(required = false) Wish wish) {
    one(id);
    rollback.ask(id, wish == null || wish.reason() == null ? "" : wish.reason());
  }

  @ExceptionHandler(Rollback.Refused.class)
  @ResponseStatus(HttpStatus.CONFLICT)
  Map<String, String> refused(Rollback.Refused refused) {
    return Map.of("message", refused.getMessage());
  }

  @ExceptionHandler(AuthorizationException.class)
  @ResponseStatus(HttpStatus.FORBIDDEN)
  Map<String, String> forbidden(AuthorizationException refused) {
    return Map.of("message", refused.getMessage());
  }

  /**
   * What comes with a wish to roll back.
   *
   * @param reason for the report
   */
  record Wish(String reason) {}

  /** Who holds the machines of a running migration; each is asked now. */
  @GetMapping("/{id}/leases")
  List<LeaseLine> leases(@PathVariable("id") String id) {
    running(id);
    return leases.look(id).stream().map(LeaseLine::of).toList();
  }

  /**
   * Takes a machine for this migration from whoever holds it.
   *
   * @param heldBy the migration that holds it, as {@code GET} tells: nobody breaks a lease that he
   *     has not seen
   */
  @DeleteMapping("/{id}/leases/{machine}")
  @ResponseStatus(HttpStatus.NO_CONTENT)
  void breakLease(
      @PathVariable("id") String id,
      @PathVariable("machine") String machine,
      @RequestParam("heldBy") String heldBy) {
    running(id);
    String who = actors.operator("break a lease");
    try {
      leases.breakFor(id, machine, heldBy, who);
    } catch (NoSuchElementException e) {
      throw new ResponseStatusException(HttpStatus.NOT_FOUND, e.getMessage(), e);
    } catch (StepFailure e) {
      throw new ResponseStatusException(HttpStatus.CONFLICT, e.getMessage(), e);
    }
  }

  /** A migration that is over holds no machine, and needs none. */
  private void running(String id) {
    if (one(id).endedAt() != null) {
      throw new ResponseStatusException(HttpStatus.CONFLICT, "migration " + id + " is over");
    }
  }

  private Report report(String id) {
    one(id);
    return reports.of(id);
  }

  /**
   * Who holds a machine; without a lease everything but the first two is empty.
   *
   * @param heldBy what a request to break it must name, empty when there is nothing to break
   */
  record LeaseLine(
      String machine,
      String state,
      String migration,
      String domain,
      String program,
      Instant since,
      Instant until,
      String heldBy,
      String found) {

    static LeaseLine of(Held held) {
      Optional<Lease> lease = Optional.ofNullable(held.lease());
      return new LeaseLine(
          held.machine(),
          held.state(),
          lease.map(it -> it.holder().migration()).orElse(""),
          lease.map(it -> it.holder().domain()).orElse(""),
          lease.map(it -> it.holder().program()).orElse(""),
          lease.map(Lease::since).orElse(null),
          lease.map(Lease::until).orElse(null),
          held.heldBy(),
          held.found());
    }
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
