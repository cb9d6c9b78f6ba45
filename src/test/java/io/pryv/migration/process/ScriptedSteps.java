package io.pryv.migration.process;

import io.pryv.migration.machine.Command;
import io.pryv.migration.platform.Layout;
import io.pryv.migration.platform.StepFailure;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;

/**
 * The steps of the features, played: each does what a healthy platform would let it do, unless a
 * test says otherwise. What is under test is what the process makes of it.
 */
final class ScriptedSteps {

  private final Map<String, BiConsumer<StepContext, Integer>> parts = new ConcurrentHashMap<>();
  private final Map<String, Integer> calls = new ConcurrentHashMap<>();
  private final List<String> played = new CopyOnWriteArrayList<>();

  /** Forgets what earlier tests said and saw. */
  void reset() {
    parts.clear();
    calls.clear();
    played.clear();
    on(
        "preflight",
        (step, call) -> {
          step.put("preflightStops", 0);
          step.put("preflightWarnings", 2);
          step.put("redisBytes", 5_000_000L);
          step.put("expectedOutageMs", 9_500L);
          step.put("backUpWanted", true);
          step.put("strategy", "cold");
          step.put("strategyChosenBy", "platform file");
          step.put("strategyReason", "chosen in the platform file");
          step.put("sourceLayout", LAYOUT);
          step.put("destLayout", LAYOUT);
          step.put("sourceSlaveLayouts", List.of());
          step.put("destSlaveLayouts", List.of());
          step.evidence("preflight", "| check | |\n|---|---|\n| clock skew | warn |\n");
        });
    on("launchDest", (step, call) -> change(step));
    on(
        "findWriter",
        (step, call) -> {
          step.put("writer", "SOURCE");
          step.put("sourceReady", false);
          step.put("namesMoved", false);
        });
    on("backUp", (step, call) -> step.put("backUpDone", call >= 2));
    on(
        "bulkSync",
        (step, call) -> {
          step.put("bulkSyncDone", call >= 2);
          step.put("bulkSyncAgain", call == 2);
          step.put("bulkSyncRound", call);
          step.evidence("sync", "| round | bytes |\n|---|---|\n| " + call + " | 100 |\n");
        });
    on("preSync", (step, call) -> step.put("preSyncDone", call % 2 == 0));
    on("lastSync", (step, call) -> step.put("lastSyncDone", call >= 2));
    on("proveProxy", (step, call) -> step.put("coldWindowMs", 8_700L));
    on(
        "watchDelegation",
        (step, call) -> {
          step.put("delegationMoved", call >= 2);
          step.put("delegationStuck", false);
        });
    on(
        "verifyData",
        (step, call) -> {
          step.put("keysCompared", 60_003L);
          step.put("keysDiffering", 0L);
          step.put("users", 20_001L);
          step.evidence("data", "60,003 keys equal");
        });
    on(
        "verifyDns",
        (step, call) -> {
          step.put("verifyDnsDone", call >= 2);
          step.put("namesCompared", 210L);
          step.put("namesDiffering", 0L);
          step.evidence("dns", "210 names equal");
        });
    on(
        "watchQuiet",
        (step, call) -> {
          step.put("quiet", call >= 2);
          step.evidence("quiet", "silent since " + call);
        });
    on(
        "listRecords",
        (step, call) -> step.evidence("records", "| name | type | now |\n|---|---|---|\n"));
  }

  /** Preflight finds a live cut-over possible, and it goes well. */
  void live() {
    BiConsumer<StepContext, Integer> preflight = parts.get("preflight");
    on("preflight", preflight.andThen((step, call) -> step.put("strategy", "live")));
    on(
        "followSource",
        (step, call) -> {
          step.put("destInSync", call % 2 == 0);
          step.put("followSourceProgress", "dest follows source, offset 4711 reached");
          step.evidence("sync", "dest follows source");
        });
    on("measureSwitch", (step, call) -> step.put("expectedOutageMs", 60L));
    on(
        "switchOver",
        (step, call) -> {
          step.put("sourceTurned", call > 1);
          step.put("switchOutcome", call <= 2 ? "" : "SWITCHED");
          step.put("coldWindowMs", 11L);
        });
    on("proveProxy", (step, call) -> {});
  }

  /** Notes that a machine is changed. */
  static void change(StepContext step) {
    step.journal().willRun("dest", Command.change("start the services", "./run-reg-master"));
  }

  static final Layout LAYOUT =
      new Layout(
          "docker-compose",
          "/var/pryv/reg-master.yml",
          "pryv",
          "/var/pryv/run-reg-master",
          "/var/pryv/stop-containers",
          "/var/pryv/reg-master/redis/data",
          "9999:9999",
          "/var/pryv/reg-master/redis/conf/redis.conf",
          "/var/pryv/reg-master/nginx/conf",
          "/var/pryv/reg-master/nginx/conf/site.conf",
          "",
          "pryv_redis_1",
          "pryv_nginx_1",
          "pryv_register_1",
          "pryv_dns_1",
          "5.0.2");

  /** What a step does from now on; {@code call} counts its calls from 1. */
  void on(String step, BiConsumer<StepContext, Integer> part) {
    parts.put(step, part);
  }

  /** What a step does now. */
  BiConsumer<StepContext, Integer> now(String step) {
    return parts.get(step);
  }

  /** A step fails at its next calls, then does what it did. */
  void failing(String step, int times, String found) {
    BiConsumer<StepContext, Integer> healthy = parts.getOrDefault(step, (context, call) -> {});
    int from = calls.getOrDefault(step, 0);
    on(
        step,
        (context, call) -> {
          if (call <= from + times) {
            throw new StepFailure("dest", step, "all well", found, "mend it, then retry");
          }
          healthy.accept(context, call - times);
        });
  }

  /** Every call in order. */
  List<String> played() {
    return new ArrayList<>(played);
  }

  int calls(String step) {
    return calls.getOrDefault(step, 0);
  }

  private void play(String name, StepContext step) {
    played.add(name);
    int call = calls.merge(name, 1, Integer::sum);
    parts.getOrDefault(name, (context, number) -> {}).accept(step, call);
  }

  /** The delegate of one step. */
  final class Step extends StepDelegate {

    private final String name;

    Step(StepContexts contexts, String name) {
      super(contexts);
      this.name = name;
    }

    @Override
    protected void perform(StepContext step) {
      play(name, step);
    }
  }
}
