package io.pryv.migration.process;

import io.pryv.migration.platform.ColdOutage;
import java.time.Duration;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Optional;
import org.springframework.stereotype.Component;

/** Collects in one text what whoever decides on the cut-over has to know. */
@Component("prepareGate")
class PrepareGateDelegate extends StepDelegate {

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm").withZone(ZoneId.systemDefault());

  private final PlatformFiles files;
  private final Rehearsals rehearsals;
  private final DatabaseBackups backups;

  PrepareGateDelegate(
      StepContexts contexts, PlatformFiles files, Rehearsals rehearsals, DatabaseBackups backups) {
    super(contexts);
    this.files = files;
    this.rehearsals = rehearsals;
    this.backups = backups;
  }

  @Override
  protected void perform(StepContext step) {
    backups.make().ifPresent(copy -> step.say("this program's database is backed up: " + copy));
    String windowFailure = step.find(ColdWindow.FAILURE, String.class).orElse("");
    StringBuilder text = new StringBuilder();
    boolean live = step.find("strategy", String.class).orElse("").equals("live");
    if (!windowFailure.isEmpty()) {
      text.append(
              live
                  ? "### The switch was undone, source takes writes as before\n\n"
                  : "### The cold window was given up, source serves as before\n\n")
          .append(windowFailure.strip().replace("\n", "  \n"))
          .append("\n\n");
    } else {
      text.append("Clients have noticed nothing so far.\n\n");
    }
    List<String> edits =
        files.editsSince(
            step.get("platformFile", String.class), step.get("platform", String.class));
    if (!edits.isEmpty()) {
      text.append("### The platform file was edited since this migration began\n\n")
          .append("It goes on with its own copy; what differs (own → file):\n\n");
      edits.forEach(edit -> text.append("- ").append(edit.replace("\n", " ")).append("\n"));
      text.append("\n");
    }
    text.append("| what | value |\n|---|---|\n");
    row(text, "platform", step.platform().domain());
    row(text, "from", machine(step.platform().source()));
    row(text, "to", machine(step.platform().dest()));
    row(
        text,
        "strategy",
        live
            ? "live: dest follows source and takes its place in a moment; nothing is stopped"
            : "cold: source refuses writes until dest is up with all of its data; reads and DNS go on");
    row(text, "why", step.find("strategyReason", String.class));
    row(
        text,
        live
            ? "expected outage (requests wait, and are then answered)"
            : "expected outage (writes are refused)",
        expect(step, live).map(FormText::duration));
    row(text, "expected from", step.find("expectedOutageFrom", String.class));
    row(
        text,
        "last rehearsal",
        rehearsals
            .last(step.platform())
            .map(
                found ->
                    "%s, %s, on %s"
                        .formatted(
                            FormText.duration(found.expectedOutageMs()),
                            found.strategy(),
                            TIME.format(found.ended()))));
    if (!live) {
      row(
          text,
          "longest outage allowed",
          FormText.duration(step.platform().options().longestOutage().toMillis()));
    }
    row(text, "Redis data", step.find("redisBytes", Long.class).map("%,d bytes"::formatted));
    row(
        text,
        "rounds of bulk sync",
        step.find("bulkSyncRound", Integer.class).map(String::valueOf));
    row(text, "last round", step.find("bulkSyncProgress", String.class));
    row(text, "replication", step.find("followSourceProgress", String.class));
    row(text, "backup", step.find("backUpLocation", String.class).or(() -> Optional.of("none")));
    row(
        text,
        "warnings of preflight",
        step.find("preflightWarnings", Integer.class).map(String::valueOf));
    step.evidence("gate", text.toString());
    step.put("gateDecision", "");
    step.put("notBefore", "");
  }

  /** The outage to expect: of a live cut-over as it was measured, of a cold one from its parts. */
  private static Optional<Long> expect(StepContext step, boolean live) {
    if (live) {
      step.put("expectedOutageFrom", "measured here: round trips from source to dest");
    } else {
      step.find("coldOutage", ColdOutage.class)
          .map(assumed -> assumed.with(measured(step, "lastRoundMs")))
          .ifPresent(
              outage -> {
                step.put("expectedOutageMs", outage.total().toMillis());
                step.put("expectedOutageFrom", outage.words());
              });
    }
    return step.find("expectedOutageMs", Long.class);
  }

  private static Optional<Duration> measured(StepContext step, String variable) {
    return step.find(variable, Long.class).filter(millis -> millis > 0).map(Duration::ofMillis);
  }

  private static String machine(io.pryv.migration.platform.Machine machine) {
    return machine.host().equals(machine.publicAddress())
        ? machine.host()
        : machine.host() + " (" + machine.publicAddress() + ")";
  }

  private static void row(StringBuilder text, String what, Optional<String> value) {
    value.ifPresent(known -> row(text, what, known));
  }

  private static void row(StringBuilder text, String what, String value) {
    text.append("| ").append(what).append(" | ");
    text.append(value.replace("|", "\\|").replace("\n", " ")).append(" |\n");
  }
}
