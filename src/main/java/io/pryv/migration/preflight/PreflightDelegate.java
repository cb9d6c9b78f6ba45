package io.pryv.migration.preflight;

import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.machine.HttpsProbe;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.platform.Layout;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.PlannedEdit;
import io.pryv.migration.platform.StrategyChoice;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.springframework.stereotype.Component;

/** Looks at everything before anything is touched, and keeps the layouts that it detected. */
@Component("preflight")
class PreflightDelegate extends StepDelegate {

  private final DnsClient dns;
  private final HttpsProbe https;
  private final List<PlannedEdit> edits;

  PreflightDelegate(
      StepContexts contexts, DnsClient dns, HttpsProbe https, List<PlannedEdit> edits) {
    super(contexts);
    this.dns = dns;
    this.https = https;
    this.edits = edits;
  }

  @Override
  protected void perform(StepContext step) {
    Map<String, Shell> shells = new HashMap<>();
    step.platform()
        .machines()
        .forEach(machine -> shells.put(machine.name(), step.hands().on(machine)));
    PreflightReport report =
        new Preflight(
                step.platform(),
                machine -> shells.get(machine.name()),
                step.redis(),
                dns,
                https,
                edits,
                step.holder(),
                StrategyChoice.of(
                    step.find(StrategyChoice.VARIABLE, String.class).orElse(""),
                    step.platform().options()))
            .look();
    keep(step, "sourceLayout", report.layouts().get("source"));
    keep(step, "destLayout", report.layouts().get("dest"));
    keepAll(step, "sourceSlaveLayouts", step.platform().sourceSlaves(), report);
    keepAll(step, "destSlaveLayouts", step.platform().destSlaves(), report);
    report.destIdentity().ifPresent(known -> step.put(StepContext.DEST_IDENTITY, known));
    step.put("preflightStops", report.stops());
    step.put("preflightWarnings", report.warnings());
    step.put("redisBytes", report.redisBytes());
    step.put("expectedOutageMs", report.outage().total().toMillis());
    step.put("coldOutage", report.outage());
    step.put("strategy", report.strategy().strategy());
    step.put("strategyChosenBy", report.strategy().chosenBy());
    step.put("strategyReason", report.strategy().reason());
    step.put("backUpWanted", step.platform().options().backup());
    step.evidence("preflight", report.toMarkdown());
    step.say(
        "%d stops, %d warnings, %d checks passed; nothing was touched"
            .formatted(report.stops(), report.warnings(), report.passes()));
  }

  private static void keep(StepContext step, String name, Layout layout) {
    if (layout != null) {
      step.put(name, layout);
    }
  }

  /** In the order of the platform; only when all are known, so that each stays with its machine. */
  private static void keepAll(
      StepContext step, String name, List<Machine> machines, PreflightReport report) {
    if (machines.stream().allMatch(machine -> report.layouts().containsKey(machine.name()))) {
      step.put(
          name, machines.stream().map(machine -> report.layouts().get(machine.name())).toList());
    }
  }
}
