package io.pryv.migration.console;

import static org.springframework.web.util.HtmlUtils.htmlEscape;

import io.pryv.migration.console.Migrations.Glance;
import io.pryv.migration.console.Migrations.Trouble;
import io.pryv.migration.machine.Lease;
import io.pryv.migration.process.Leases;
import io.pryv.migration.process.Leases.Held;
import io.pryv.migration.process.Logbook;
import io.pryv.migration.process.Logbook.Decision;
import io.pryv.migration.process.Logbook.Evidence;
import io.pryv.migration.process.Logbook.StepRun;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.servlet.support.ServletUriComponentsBuilder;

/** Migrations for people: plain pages, made on the server, without script. */
@RestController
@RequestMapping(path = "/migrations", produces = MediaType.TEXT_HTML_VALUE)
class MigrationPages {

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss").withZone(ZoneId.systemDefault());
  private static final String STYLE =
      "body{font:15px/1.5 system-ui,sans-serif;margin:2em;color:#222}"
          + "table{border-collapse:collapse}th,td{text-align:left;vertical-align:top;"
          + "padding:.3em .8em;border-bottom:1px solid #ddd}pre{white-space:pre-wrap;margin:0}"
          + "nav{float:right}nav a{margin-left:1em}"
          + ".incident,.failed,.held,.unreadable{color:#b00020}.waiting,.unknown{color:#9a6700}.completed,.rehearsed{color:#1a7f37}";

  private final Migrations migrations;
  private final Logbook logbook;
  private final Leases leases;

  MigrationPages(Migrations migrations, Logbook logbook, Leases leases) {
    this.migrations = migrations;
    this.logbook = logbook;
    this.leases = leases;
  }

  @GetMapping
  ResponseEntity<String> all() {
    StringBuilder rows = new StringBuilder();
    for (Glance migration : migrations.all()) {
      rows.append(
          row(
              link("/migrations/" + migration.id(), name(migration)),
              state(migration.state()),
              htmlEscape(String.join(", ", migration.at())),
              incidents(migration),
              time(migration.startedAt()),
              time(migration.endedAt()),
              doors(migration)));
    }
    return page(
        "Migrations",
        "<p>"
            + link("/camunda/app/tasklist/", "Start one in Tasklist")
            + "</p>"
            + table("platform,state,at,incident,started,ended,open", rows));
  }

  @GetMapping("/{id}")
  ResponseEntity<String> one(@PathVariable("id") String id) {
    Glance migration = find(id);
    StringBuilder steps = new StringBuilder();
    for (StepRun step : logbook.steps(id)) {
      steps.append(
          row(
              time(step.started()),
              htmlEscape(step.name()) + (step.rounds() > 1 ? " ×" + step.rounds() : ""),
              htmlEscape(step.machine()),
              step.duration().toMillis() + " ms",
              state(step.outcome()),
              "<pre>" + htmlEscape(step.said()) + "</pre>"));
    }
    StringBuilder decisions = new StringBuilder();
    for (Decision decision : logbook.decisions(id)) {
      decisions.append(
          row(
              time(decision.decided()),
              htmlEscape(decision.who()),
              htmlEscape(decision.task()),
              htmlEscape(decision.what())));
    }
    StringBuilder evidence = new StringBuilder();
    for (Evidence each : logbook.evidence(id)) {
      evidence.append(
          row(
              link("/migrations/" + id + "/evidence/" + each.name(), each.name()),
              htmlEscape(each.step()),
              time(each.written())));
    }
    String api = "/api/migrations/" + id;
    return page(
        name(migration),
        "<p>"
            + state(migration.state())
            + " "
            + htmlEscape(String.join(", ", migration.at()))
            + "</p>"
            + incidents(migration)
            + edits(migration)
            + "<p>"
            + doors(migration)
            + " "
            + link(api + "/report.md", "Report")
            + " "
            + link(api + "/report.json", "Report as JSON")
            + " "
            + link(api + "/journal", "Journal")
            + "</p>"
            + (migration.endedAt() == null ? leases(id) : "")
            + "<h2>Steps</h2>"
            + table("started,step,machine,took,outcome,said", steps)
            + "<h2>Decisions</h2>"
            + table("when,who,where,what", decisions)
            + "<h2>Evidence</h2>"
            + table("name,step,written", evidence));
  }

  @GetMapping("/{id}/evidence/{name}")
  ResponseEntity<String> evidence(
      @PathVariable("id") String id, @PathVariable("name") String name) {
    Glance migration = find(id);
    Evidence evidence =
        logbook.evidence(id).stream()
            .filter(each -> each.name().equals(name))
            .findFirst()
            .orElseThrow(() -> new ResponseStatusException(HttpStatus.NOT_FOUND));
    return page(
        name(migration) + ": " + name,
        "<p>"
            + link("/migrations/" + id, "Back")
            + "</p><pre>"
            + htmlEscape(evidence.markdown())
            + "</pre>");
  }

  /** Who holds the machines; to break one knowingly takes more than a click. */
  private String leases(String id) {
    List<Held> machines;
    try {
      machines = leases.look(id);
    } catch (NoSuchElementException notYet) {
      return "";
    }
    StringBuilder rows = new StringBuilder();
    for (Held held : machines) {
      Optional<Lease> lease = Optional.ofNullable(held.lease());
      rows.append(
          row(
              htmlEscape(held.machine()),
              state(held.state()),
              htmlEscape(lease.map(it -> it.holder().described()).orElse(held.found())),
              time(lease.map(Lease::since).orElse(null)),
              time(lease.map(Lease::until).orElse(null)),
              held.heldBy().isEmpty()
                  ? ""
                  : "<pre>"
                      + htmlEscape(
                          "curl -u USER -X DELETE '%s/api/migrations/%s/leases/%s?heldBy=%s'"
                              .formatted(
                                  ServletUriComponentsBuilder.fromCurrentContextPath()
                                      .toUriString(),
                                  id,
                                  held.machine(),
                                  held.heldBy()))
                      + "</pre>"));
    }
    return "<h2>Machines</h2>" + table("machine,lease,holder,since,until,to break it", rows);
  }

  private Glance find(String id) {
    return migrations
        .one(id)
        .orElseThrow(() -> new ResponseStatusException(HttpStatus.NOT_FOUND, "no migration " + id));
  }

  private static String name(Glance migration) {
    return (migration.domain().isEmpty() ? migration.id() : migration.domain())
        + (migration.purpose().equals("rehearse") ? " (rehearsal)" : "");
  }

  private static String incidents(Glance migration) {
    StringBuilder text = new StringBuilder();
    for (Trouble trouble : migration.incidents()) {
      text.append("<pre class=\"incident\">")
          .append(htmlEscape(trouble.step() + ": " + trouble.message()))
          .append("</pre>");
    }
    return text.toString();
  }

  private String edits(Glance migration) {
    List<String> edits = migrations.editsOfPlatformFile(migration);
    return edits.isEmpty()
        ? ""
        : "<p class=\"waiting\">The platform file was edited since; the migration goes on with its"
            + " own copy (own → file):</p><pre>"
            + htmlEscape(String.join("\n", edits))
            + "</pre>";
  }

  private static String doors(Glance migration) {
    String doors = "";
    if (migration.endedAt() == null) {
      doors =
          link(
              "/camunda/app/cockpit/default/#/process-instance/" + migration.id() + "/runtime",
              "Cockpit");
    }
    if (!migration.task().isEmpty()) {
      doors += " " + link("/camunda/app/tasklist/default/#/?task=" + migration.task(), "Tasklist");
    }
    return doors;
  }

  private static String state(String state) {
    return "<span class=\"%s\">%s</span>".formatted(htmlEscape(state), htmlEscape(state));
  }

  private static String time(Instant instant) {
    return instant == null ? "" : TIME.format(instant);
  }

  private static String link(String address, String text) {
    return "<a href=\"%s\">%s</a>".formatted(htmlEscape(address), htmlEscape(text));
  }

  private static String row(String... cells) {
    StringBuilder row = new StringBuilder("<tr>");
    Arrays.stream(cells).forEach(cell -> row.append("<td>").append(cell).append("</td>"));
    return row.append("</tr>").toString();
  }

  private static String table(String heads, CharSequence rows) {
    return "<table><tr><th>" + heads.replace(",", "</th><th>") + "</th></tr>" + rows + "</table>";
  }

  private static ResponseEntity<String> page(String title, String body) {
    return ResponseEntity.ok()
        .header(
            "Content-Security-Policy",
            "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none';"
                + " frame-ancestors 'none'")
        .body(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>"
                + htmlEscape(title)
                + "</title><style>"
                + STYLE
                + "</style></head><body><nav>"
                + link("/migrations", "Migrations")
                + " "
                + link("/camunda/app/tasklist/default/", "Tasklist")
                + " "
                + link("/camunda/app/cockpit/default/", "Cockpit")
                + " "
                + link("/logout", "Log out")
                + "</nav><h1>"
                + htmlEscape(title)
                + "</h1>"
                + body
                + "</body></html>");
  }
}
