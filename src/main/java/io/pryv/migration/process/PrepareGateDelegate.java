package io.pryv.migration.process;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.springframework.stereotype.Component;

/** Collects in one text what whoever decides on the cut-over has to know. */
@Component("prepareGate")
class PrepareGateDelegate extends StepDelegate {

  private final PlatformFiles files;

  PrepareGateDelegate(StepContexts contexts, PlatformFiles files) {
    super(contexts);
    this.files = files;
  }

  @Override
  protected void perform(StepContext step) {
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
            : "cold: source is stopped, and serves nobody until dest is up");
    row(
        text,
        live ? "expected outage (requests wait, and are then answered)" : "expected outage",
        step.find("expectedOutageMs", Long.class).map(PrepareGateDelegate::seconds));
    if (!live) {
      row(
          text,
          "longest outage allowed",
          seconds(step.platform().options().longestOutage().toMillis()));
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

  private static String machine(io.pryv.migration.platform.Machine machine) {
    return machine.host().equals(machine.publicAddress())
        ? machine.host()
        : machine.host() + " (" + machine.publicAddress() + ")";
  }

  private static String seconds(long milliseconds) {
    Duration duration = Duration.ofMillis(milliseconds);
    if (milliseconds < 1000) {
      return milliseconds + " ms";
    }
    return duration.toMinutes() >= 2
        ? "%d min %d s".formatted(duration.toMinutes(), duration.toSecondsPart())
        : "%.1f s".formatted(milliseconds / 1000.0);
  }

  private static void row(StringBuilder text, String what, Optional<String> value) {
    value.ifPresent(known -> row(text, what, known));
  }

  private static void row(StringBuilder text, String what, String value) {
    text.append("| ").append(what).append(" | ");
    text.append(value.replace("|", "\\|").replace("\n", " ")).append(" |\n");
  }
}
