package io.pryv.lab.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pryv.lab.faults.Program.Refused;
import io.pryv.lab.faults.Step.Part;
import io.pryv.lab.faults.points.PointFiles;
import io.pryv.lab.faults.points.PointFiles.Action;
import io.pryv.lab.faults.points.PointFiles.Reached;
import io.pryv.lab.faults.points.PointFiles.When;
import io.pryv.lab.standin.RedisLink;
import io.pryv.lab.traffic.AccessLogs;
import io.pryv.lab.traffic.CheckLedger;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * One migration under traffic, from the golden state, in which some faults happen one after the
 * other. Plays the operator: decides at the tasks, presses retry at incidents. Then judges from
 * outside.
 */
final class MigrationRun {

  private static final Duration LONGEST_RUN = Duration.ofMinutes(7);
  private static final Duration LONGEST_RECOVERY = Duration.ofMinutes(2);
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(40);
  private static final Duration UNREACHABLE = Duration.ofSeconds(20);

  /** Somebody frees the disk, also of a step that waits and does not fail. */
  private static final Duration DISK_FULL = Duration.ofMinutes(1);

  /** How soon the switch serves clients again, however long we are dead. */
  private static final Duration LONGEST_OF_SWITCH = Duration.ofSeconds(5);

  static final String NOT_REACHED = "the point was not reached";
  private static final int MOST_RETRIES = 8;
  private static final int MOST_PUT_BACK = 3;
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final DateTimeFormatter ENGINE_TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSZ");

  /** Small data and short waits; a long outage is allowed, for the fault makes it long. */
  private static final String OPTIONS =
      """
      options:
        staticNames: [reg, access, mail, dns1]
        checkEvery: 1s
        quietPeriod: 2s
        preSyncRounds: 2
        dnsSample: 20
        keyType: ed25519
        longestOutage: 4m
      """;

  private final Lab lab;
  private final Path root;
  private final Path directory;
  private final List<Cell> cells;
  private final Map<Cell, Progress> progress = new LinkedHashMap<>();
  private final PointFiles points;
  private final Program program;
  private String migration;
  private Cell active;
  private Instant retryAfter = Instant.EPOCH;
  private int putBack;
  private boolean delegatedToDest;
  private final Map<Cell, Duration> delays;
  private final boolean asBefore;
  private final List<PowerCut> cuts = new ArrayList<>();
  private Roles roles;
  private Loss loss = Loss.NONE;

  /**
   * A migration with those faults, in the order of their steps.
   *
   * @param root the checkout
   * @param directory for all that belongs to this run; made anew
   */
  MigrationRun(Path root, Path directory, List<Cell> cells) throws IOException {
    this(root, directory, cells, Map.of(), false);
  }

  /**
   * A migration with faults of which some come so long after their step began, wherever it is then.
   *
   * @param asBefore the platform is in its golden state, but for users who came since
   */
  MigrationRun(
      Path root, Path directory, List<Cell> cells, Map<Cell, Duration> delays, boolean asBefore)
      throws IOException {
    this.root = root;
    this.directory = directory;
    this.cells = List.copyOf(cells);
    this.delays = Map.copyOf(delays);
    this.asBefore = asBefore;
    Files.createDirectories(directory.resolve("points"));
    lab = new Lab(root, directory.resolve("lab.log"));
    points = new PointFiles(directory.resolve("points"));
    points.clear();
    program = new Program(root, directory, directory, directory.resolve("points"));
  }

  /** What is known of a cell so far. */
  private static final class Progress {
    private String heldOn = "";
    private Instant injected;
    private Instant clear;
    private Instant recovered;
    private int retries;
    private String outcome = "";
    private boolean noRedis;
  }

  /** Runs it; a cell whose point was not reached has no result. */
  List<Result> run() throws IOException {
    try (RunIds runIds = new RunIds();
        Roles watched = new Roles()) {
      roles = watched;
      prepare();
      Map<String, String> before = fingerprints();
      lab.startTraffic();
      tell("traffic runs");
      program.start();
      migration =
          program
              .post(
                  "/engine-rest/process-definition/key/register-migration/start",
                  "{\"variables\":{\"platformFile\":{\"value\":\"platform\",\"type\":\"String\"}}}")
              .get("id")
              .asText();
      tell("migration " + migration);
      String stuck = "";
      try {
        follow();
      } catch (Stuck e) {
        stuck = e.getMessage();
        tell("stuck: " + stuck);
      }
      return judge(stuck, before, runIds);
    } finally {
      program.kill();
    }
  }

  private void prepare() throws IOException {
    if (!asBefore) {
      tell("the golden state");
      lab.reset();
      tell("reset");
    }
    Path lent = root.resolve("target/lab");
    String platform = Files.readString(lent.resolve("platform.yaml"));
    Files.writeString(
        directory.resolve("platform.yaml"),
        platform.substring(0, platform.indexOf("options:")).replace("ssh/", lent + "/ssh/")
            + OPTIONS
            + "  strategy: "
            + (cells.stream().anyMatch(cell -> Known.live(cell.step())) ? "live" : "cold")
            + "\n");
    if (cells.stream().anyMatch(cell -> cell.fault() == Fault.DISK_FULL)) {
      lab.giveDestSmallDisk();
    }
    for (Cell cell : cells) {
      progress.put(cell, new Progress());
      points.arm(when(cell), cell.step().id(), action(cell), Known.during(cell.step()));
      Known.reachedByFailureOf(cell.step())
          .ifPresent(step -> points.arm(When.DURING, step, Action.FAIL_CHANGE));
      Known.reachedByRollbackBefore(cell.step())
          .ifPresent(step -> points.arm(When.BEFORE, step, Action.HOLD_CHANGE));
    }
  }

  private When when(Cell cell) {
    return delays.containsKey(cell) ? When.BEFORE : cell.fault().when;
  }

  private static Action action(Cell cell) {
    boolean any = Known.sendsNoChange(cell.step());
    if (cell.fault().failsCommand()) {
      return any ? Action.FAIL_ANY : Action.FAIL_CHANGE;
    }
    return any ? Action.HOLD_ANY : Action.HOLD_CHANGE;
  }

  // ---------------------------------------------------------------- the migration

  private void follow() {
    Instant deadline = Instant.now().plus(LONGEST_RUN);
    while (!over()) {
      if (Instant.now().isAfter(deadline)) {
        throw new Stuck("not ended within " + LONGEST_RUN.toMinutes() + " minutes");
      }
      watchActive();
      turnBack();
      injectNext();
      pressRetry();
      if (decide()) {
        return;
      }
      pause();
    }
  }

  private boolean over() {
    return !program
        .get("/engine-rest/history/process-instance/" + migration)
        .get("state")
        .asText()
        .equals("ACTIVE");
  }

  private void watchActive() {
    if (active == null) {
      return;
    }
    Progress now = progress.get(active);
    if (now.clear != null && (Instant.now().isAfter(now.clear) || endedSince(now))) {
      clearFault();
    }
    if (active.fault() != Fault.ROLLBACK
        && now.clear == null
        && endedSince(now)
        && incidents().isEmpty()
        && clientsServed()) {
      now.recovered = Instant.now();
      tell("recovered: " + active + ", " + now.outcome);
      active = null;
    } else if (Instant.now().isAfter(now.injected.plus(LONGEST_RECOVERY))) {
      throw new Stuck("no recovery within " + LONGEST_RECOVERY.toSeconds() + " s" + trouble());
    }
  }

  /**
   * Source's own dns counts too: whoever remembers the old delegation asks it until it retires. In
   * the cold window nobody is served, also where the fault came right before it.
   */
  private boolean clientsServed() {
    return windowOpen()
        || (lab.serves()
            && (lab.answersDns(Lab.SOURCE) || endedAfter(Known.RETIRES, Instant.EPOCH)));
  }

  private boolean windowOpen() {
    return program
            .get(
                "/engine-rest/history/activity-instance?unfinished=true&processInstanceId="
                    + migration
                    + "&activityId="
                    + Known.WINDOW)
            .size()
        > 0;
  }

  /** Whether the step has come through, or source was put back, since the fault. */
  private boolean endedSince(Progress now) {
    if (endedAfter(active.step().id(), now.injected)) {
      now.outcome = "went on";
      return true;
    }
    if (endedAfter(Known.PUT_BACK, now.injected)) {
      now.outcome = "source put back";
      return true;
    }
    if (delays.containsKey(active) && atGateSince(now.injected)) {
      now.outcome = "back at the gate";
      return true;
    }
    return false;
  }

  private boolean atGateSince(Instant time) {
    for (JsonNode task :
        program.get(
            "/engine-rest/task?taskDefinitionKey="
                + Known.GATE
                + "&processInstanceId="
                + migration)) {
      if (engineTime(task.get("created")).isAfter(time)) {
        return true;
      }
    }
    return false;
  }

  private boolean endedAfter(String step, Instant time) {
    for (JsonNode run :
        program.get(
            "/engine-rest/history/activity-instance?finished=true&canceled=false&processInstanceId="
                + migration
                + "&activityId="
                + step)) {
      if (engineTime(run.get("endTime")).isAfter(time)) {
        return true;
      }
    }
    return false;
  }

  private void injectNext() {
    for (Cell cell : cells) {
      if (active == null && progress.get(cell).injected == null) {
        Optional<Reached> reached = points.reached(when(cell), cell.step().id());
        if (reached.isPresent()) {
          inject(cell, reached.get().machine());
        }
      }
    }
  }

  /** Leads to a step of the way back, or to one that is reached by the failure of another. */
  private void turnBack() {
    if (active != null) {
      return;
    }
    for (Cell cell : cells) {
      Known.reachedByFailureOf(cell.step()).ifPresent(step -> points.release(When.DURING, step));
      Optional<String> step = Known.reachedByRollbackBefore(cell.step());
      if (step.isPresent() && points.reached(When.BEFORE, step.get()).isPresent()) {
        tell("rollback asked for before " + step.get());
        rollBack();
        // The step does not begin beside the way back: that is what the cells of a rollback are
        // for.
        program.kill();
        points.release(When.BEFORE, step.get());
        program.start();
      }
    }
  }

  private void rollBack() {
    program.post(
        "/api/migrations/" + migration + "/rollback", "{\"reason\":\"asked by the fault matrix\"}");
  }

  private void inject(Cell cell, String machine) {
    Progress now = progress.get(cell);
    now.heldOn = machine;
    if (!machine.isEmpty()) {
      until("a command of " + cell + " is held on " + machine, () -> lab.holds(machine));
    }
    tell("fault: " + cell + (machine.isEmpty() ? "" : " on " + machine));
    active = cell;
    now.injected = Instant.now();
    String target = machine.isEmpty() ? Lab.DEST : machine;
    switch (cell.fault()) {
      case KILLED_BEFORE, KILLED_DURING, KILLED_AFTER -> {
        program.kill();
        release(cell);
        if (switchIsLeftAlone(cell)) {
          until("the switch ends without us", () -> lab.switchHasEnded() && lab.serves());
        }
        program.start();
      }
      case SSH_CUT -> {
        lab.cutSsh(target);
        release(cell);
      }
      case UNREACHABLE -> {
        lab.isolate(target);
        now.clear = now.injected.plus(UNREACHABLE);
        release(cell);
      }
      case COMMAND_FAILS, RETRY_TWICE -> release(cell);
      case DISK_FULL -> {
        lab.fillDestDisk();
        now.clear = now.injected.plus(DISK_FULL);
        release(cell);
      }
      case CONTAINER_DIES -> {
        if (!lab.killRedis(victim(cell, target))) {
          now.noRedis = true;
          tell("no Redis runs on " + victim(cell, target));
        }
        release(cell);
      }
      case REBOOTED -> {
        lab.reboot(Lab.SOURCE);
        release(cell);
      }
      case POWER_CUT, DEST_POWER_CUT -> {
        if (delays.containsKey(cell)) {
          release(cell);
          sleep(delays.get(cell));
        }
        cut(cell);
        release(cell);
      }
      case DOCKER_RESTARTED -> {
        lab.restartDocker(target);
        release(cell);
      }
      case ROLLBACK -> {
        rollBack();
        release(cell);
      }
    }
  }

  private void cut(Cell cell) {
    String machine = cell.fault().cuts().orElseThrow();
    Instant began = Instant.now();
    Instant at = lab.cutPower(machine);
    cuts.add(new PowerCut(cell, machine, progress.get(cell).injected, began, at));
    tell(machine + " lost its power at " + at.toString().substring(11, 23));
  }

  /** What was lost of the ledger in this run. */
  Loss loss() {
    return loss;
  }

  /** What a cell came to, before the migration's end. */
  String outcome(Cell cell) {
    return progress.get(cell).outcome;
  }

  /** When the next writer was elected after that step had begun, if it was seen. */
  Optional<Instant> elected(PowerCut cut) {
    return roles.elected(
        cut.cell().step().part() == Part.BACK ? Lab.SOURCE : Lab.DEST, cut.begun());
  }

  /** The power cuts of this run, in their order. */
  List<PowerCut> cuts() {
    return List.copyOf(cuts);
  }

  private static boolean switchIsLeftAlone(Cell cell) {
    return cell.fault() == Fault.KILLED_DURING && cell.step().id().equals(Known.SWITCH);
  }

  /** The Redis that matters most then. */
  private static String victim(Cell cell, String heldOn) {
    return cell.step().part() == Part.PREPARE ? heldOn : Lab.DEST;
  }

  private void release(Cell cell) {
    points.release(when(cell), cell.step().id());
    String machine = progress.get(cell).heldOn;
    if (!machine.isEmpty()) {
      lab.release(machine);
    }
  }

  private void clearFault() {
    Progress now = progress.get(active);
    if (now.clear == null) {
      return;
    }
    now.clear = null;
    if (active.fault() == Fault.UNREACHABLE) {
      lab.reconnect(now.heldOn.isEmpty() ? Lab.DEST : now.heldOn);
    } else {
      lab.clearDestDisk();
    }
    tell("over: " + active);
  }

  /** As an operator does: mends first, then presses retry, and presses again after a while. */
  private void pressRetry() {
    for (JsonNode incident : incidents()) {
      Progress now = active == null ? null : progress.get(active);
      if (now != null && now.clear != null && active.fault() == Fault.DISK_FULL) {
        clearFault();
      }
      if (!incident.get("incidentType").asText().equals("failedJob")
          || Instant.now().isBefore(retryAfter)
          || (now != null && now.clear != null)) {
        continue;
      }
      if (now == null
          && incident.get("activityId").asText().equals(Known.SEE_DEST_SERVES)
          && (cells.stream().anyMatch(Known::endsInRollback) || !cuts.isEmpty())) {
        tell("rollback asked for: " + oneLine(incident));
        rollBack();
        return;
      }
      if (now == null) {
        throw new Stuck("an incident without a fault" + trouble());
      }
      if (++now.retries > MOST_RETRIES) {
        throw new Stuck("retry was pressed " + MOST_RETRIES + " times" + trouble());
      }
      tell("retry: " + oneLine(incident));
      String job = incident.get("configuration").asText();
      if (active.fault() == Fault.RETRY_TWICE) {
        CompletableFuture.allOf(
                CompletableFuture.runAsync(() -> retry(job)),
                CompletableFuture.runAsync(() -> retry(job)))
            .join();
      }
      retry(job);
      retryAfter = Instant.now().plusSeconds(2);
    }
  }

  private void retry(String job) {
    try {
      program.put("/engine-rest/job/" + job + "/retries", "{\"retries\":1}");
    } catch (Refused e) {
      // The job has just ended well, or is being changed by the other press.
      tell("not retried: " + e.getMessage());
    }
  }

  /** Whether there is nothing more to see. */
  private boolean decide() {
    for (JsonNode task : program.get("/engine-rest/task?processInstanceId=" + migration)) {
      String id = task.get("id").asText();
      switch (task.get("taskDefinitionKey").asText()) {
        case Known.GATE -> gate(id);
        case Known.NAME_SERVERS -> {
          if (allRecovered()) {
            return true;
          }
          if (active == null) {
            lab.delegate(Lab.DEST);
            delegatedToDest = true;
            submit(id, "{\"nameServersDecision\":{\"value\":\"changed\",\"type\":\"String\"}}");
          }
        }
        case Known.NAME_SERVERS_BACK -> {
          lab.delegate(Lab.SOURCE);
          submit(
              id,
              "{\"nothingChangedTyped\":{\"value\":\"%s\",\"type\":\"String\"}}"
                  .formatted(delegatedToDest ? "" : "nothing was changed"));
        }
        case Known.RETIREMENT -> {
          if (allRecovered()) {
            return true;
          }
          if (active == null) {
            lab.sourceWillRetire();
            submit(id, "{\"retirementDecision\":{\"value\":\"retire\",\"type\":\"String\"}}");
          }
        }
        case Known.MEND -> {
          if (active == null) {
            countPutBack("preflight found something to mend");
            submit(id, "{\"preflightDecision\":{\"value\":\"checkAgain\",\"type\":\"String\"}}");
          }
        }
        default -> throw new Stuck("it waits at " + task.get("taskDefinitionKey").asText());
      }
    }
    // Source is watched for silence from now on; after a fault it is probed until it answers again.
    if (active == null && moved()) {
      lab.sourceWillRetire();
    }
    return false;
  }

  private void gate(String task) {
    if (active != null) {
      return;
    }
    String failure =
        program.get("/engine-rest/task/" + task + "/variables").at("/windowFailure/value").asText();
    if (!failure.isEmpty()) {
      countPutBack("back at the gate: " + failure);
      until("source serves after it was put back", lab::serves);
    }
    submit(
        task,
        "{\"gateDecision\":{\"value\":\"go\",\"type\":\"String\"},"
            + "\"notBefore\":{\"value\":\"\",\"type\":\"String\"}}");
  }

  /** The process asks the operator to begin again, which no fault may make it do for ever. */
  private void countPutBack(String why) {
    tell(why);
    if (++putBack > MOST_PUT_BACK) {
      throw new Stuck("for the " + putBack + "th time: " + why);
    }
  }

  private void submit(String task, String variables) {
    program.post("/engine-rest/task/" + task + "/submit-form", "{\"variables\":" + variables + "}");
  }

  /** Whether the delegation has moved: then no resolver asks source any more. */
  private boolean moved() {
    JsonNode found =
        program.get(
            "/engine-rest/history/variable-instance?processInstanceId="
                + migration
                + "&variableName=delegationMoved");
    return found.size() > 0 && found.get(0).get("value").asBoolean();
  }

  private boolean allRecovered() {
    return progress.values().stream().allMatch(each -> each.recovered != null);
  }

  private JsonNode incidents() {
    return program.get("/engine-rest/incident?processInstanceId=" + migration);
  }

  private String trouble() {
    StringBuilder text = new StringBuilder();
    incidents().forEach(incident -> text.append("; ").append(oneLine(incident)));
    return text.toString();
  }

  private static String oneLine(JsonNode incident) {
    return (incident.get("activityId").asText() + ": " + incident.get("incidentMessage").asText())
        .replaceAll("\\s+", " ");
  }

  // ---------------------------------------------------------------- the judgement

  private List<Result> judge(String stuck, Map<String, String> before, RunIds runIds)
      throws IOException {
    String end = end();
    Optional<Cell> latest =
        cells.stream()
            .filter(cell -> progress.get(cell).injected != null)
            .max(Comparator.comparing(cell -> progress.get(cell).injected));
    Cell culprit = active == null ? latest.orElse(cells.get(0)) : active;
    boolean back = !end.equals("completed") && !end.equals("moved");
    // What ends the migration was seen to by its end.
    if (active != null && over()) {
      progress.get(active).recovered = Instant.now();
      active = null;
    }
    List<String> common = new ArrayList<>();
    boolean backAskedFor = progress.keySet().stream().anyMatch(MigrationRun::goesBack);
    if (stuck.isEmpty() && !end.equals("rolledBack") == backAskedFor) {
      common.add("the migration ended " + end);
    }
    if (stuck.isEmpty()) {
      common.addAll(atEnd(end, back, before));
    }
    Path clientsReport = directory.resolve("traffic.json");
    Files.copy(lab.endTraffic(), clientsReport);
    TrafficJudge clients = new TrafficJudge(JSON.readTree(clientsReport.toFile()));
    tell("Redis seen: " + runIds.machines());
    common.addAll(
        clients.problems(runIds.machines(), takers(runIds), back).stream()
            .filter(problem -> stuck.isEmpty() || !problem.startsWith("clients were not served"))
            .toList());
    common.addAll(lost(stuck.isEmpty() && back ? Lab.SOURCE : Lab.DEST, stuck, runIds));
    List<Result> results = new ArrayList<>();
    for (Map.Entry<Cell, Progress> entry : progress.entrySet()) {
      Progress one = entry.getValue();
      List<String> problems = new ArrayList<>(common);
      if (one.injected == null) {
        problems.add(0, NOT_REACHED);
      } else if (one.recovered == null) {
        problems.add(0, stuck.isEmpty() ? "not recovered at the end" : stuck);
      } else if (!stuck.isEmpty()) {
        problems.add(0, stuck);
      }
      // Where it got stuck, only that fault is judged; the others are to be run again.
      if (stuck.isEmpty() || entry.getKey().equals(culprit)) {
        results.add(result(entry.getKey(), one, clients, problems, end));
      }
    }
    return results;
  }

  private AccessLogs.Takers takers(RunIds runIds) throws IOException {
    AccessLogs logs = new AccessLogs();
    Lab.ADDRESSES.forEach(
        (machine, address) -> logs.with(machine, address, lab.accessLog(machine)));
    cuts.forEach(cut -> logs.cut(cut.machine(), cut.at()));
    AccessLogs.Takers takers = logs.takers(lab.traffic().resolve("ledger.tsv"), runIds.machines());
    tell("taken, by the access logs: " + takers.handOvers());
    return takers;
  }

  private static boolean goesBack(Cell cell) {
    return Known.endsInRollback(cell) || Known.reachedByRollbackBefore(cell.step()).isPresent();
  }

  private Result result(
      Cell cell, Progress one, TrafficJudge clients, List<String> problems, String end) {
    Instant injected = one.injected == null ? Instant.now() : one.injected;
    // What the cold window costs belongs to a fault in it, wherever in it the fault came.
    Instant from = Packing.inOutage(cell) ? windowBefore(injected) : injected;
    Instant to = one.recovered == null ? Instant.now() : one.recovered;
    if (switchIsLeftAlone(cell)
        && clients.outageMs("writes", from, to) > LONGEST_OF_SWITCH.toMillis()) {
      problems.add("clients waited for more than 5 s for a switch that goes on without us");
    }
    return new Result(
        cell.id(),
        (one.noRedis ? "no Redis ran there; " : "")
            + (one.outcome.equals("source put back") ? "source put back, then " + end : end)
            + (cell.fault().cuts().isEmpty() ? "" : loss.words()),
        problems,
        clients.outageMs("http", from, to),
        Math.max(clients.outageMs("dns", from, to), clients.outageMs("dnsResolver", from, to)),
        clients.outageMs("writes", from, to),
        Duration.between(injected, to).toMillis(),
        one.retries,
        cells.stream().filter(other -> !other.equals(cell)).map(Cell::id).toList(),
        LocalDate.now(ZoneOffset.UTC).toString(),
        lab.commit());
  }

  /** When the cold window began that was open, or had just been closed, then. */
  private Instant windowBefore(Instant time) {
    Instant latest = Instant.MIN;
    for (JsonNode run :
        program.get(
            "/engine-rest/history/activity-instance?processInstanceId="
                + migration
                + "&activityId="
                + Known.WINDOW)) {
      Instant start = engineTime(run.get("startTime"));
      latest = start.isAfter(latest) && !start.isAfter(time) ? start : latest;
    }
    return latest.equals(Instant.MIN) ? time : latest;
  }

  private static Instant engineTime(JsonNode time) {
    return OffsetDateTime.parse(time.asText(), ENGINE_TIME).toInstant();
  }

  /** {@code completed}, {@code rolledBack}, …, or {@code moved} while it still follows. */
  private String end() {
    if (!over()) {
      return "moved";
    }
    String end = "deleted";
    for (JsonNode event :
        program.get(
            "/engine-rest/history/activity-instance?activityType=noneEndEvent&processInstanceId="
                + migration)) {
      if (event.get("parentActivityInstanceId").asText().equals(migration)
          || event.get("activityId").asText().equals("rolledBack")) {
        end = event.get("activityId").asText();
      }
    }
    return end;
  }

  private List<String> atEnd(String end, boolean back, Map<String, String> before) {
    List<String> problems = new ArrayList<>();
    try {
      until("clients are served at the end", lab::serves);
      if (!end.equals("completed")) {
        until("source's own dns answers at the end", () -> lab.answersDns(Lab.SOURCE));
      }
      String probe = "probe" + Long.toString(System.currentTimeMillis(), 36);
      until(
          "source's address takes a registration",
          () -> end.equals("completed") || lab.takesWrites(Lab.SOURCE, probe));
    } catch (Stuck e) {
      problems.add(e.getMessage());
    }
    if (back) {
      // Leases are given up behind the last step.
      try {
        until("the leases are given up", () -> !lab.anyNotes());
      } catch (Stuck e) {
        problems.add(e.getMessage());
      }
      fingerprints()
          .forEach(
              (machine, now) -> {
                String difference = difference(before.get(machine), now);
                if (!difference.isEmpty()) {
                  problems.add(machine + " is not as before: " + difference);
                }
              });
    }
    return problems;
  }

  private Map<String, String> fingerprints() {
    Map<String, String> all = new LinkedHashMap<>();
    Lab.ADDRESSES.keySet().forEach(machine -> all.put(machine, lab.fingerprint(machine)));
    return all;
  }

  /** The lines that only one of them has. */
  static String difference(String before, String now) {
    List<String> gone = new ArrayList<>(before.lines().toList());
    gone.removeAll(now.lines().toList());
    List<String> fresh = new ArrayList<>(now.lines().toList());
    fresh.removeAll(before.lines().toList());
    return (gone.isEmpty() ? "" : "gone " + gone) + (fresh.isEmpty() ? "" : " new " + fresh);
  }

  private List<String> lost(String writer, String stuck, RunIds runIds) {
    Path ledger = lab.traffic().resolve("ledger.tsv");
    try (RedisLink redis = new RedisLink(Lab.ADDRESSES.get(writer), 6379)) {
      CheckLedger.Result result = CheckLedger.check(ledger, redis);
      tell(result.acknowledged() + " acknowledged, lost on " + writer + ": " + result.lostNames());
      loss = Loss.of(result, ledger, runIds.machines(), cuts, roles);
      if (!loss.byEverysec().isEmpty()) {
        tell("of these, lost by everysec: " + loss.byEverysec());
      }
      return loss.names().isEmpty() || !stuck.isEmpty()
          ? List.of()
          : List.of(
              "%d of %d acknowledged writes are lost"
                  .formatted(loss.names().size(), result.acknowledged()));
    } catch (IOException | RuntimeException e) {
      return stuck.isEmpty()
          ? List.of("the ledger can't be checked: " + e.getMessage())
          : List.of();
    }
  }

  // ---------------------------------------------------------------- small things

  private void until(String what, BooleanSupplier holds) {
    Instant deadline = Instant.now().plus(LONGEST_WAIT);
    while (!holds.getAsBoolean()) {
      if (Instant.now().isAfter(deadline)) {
        throw new Stuck("not within " + LONGEST_WAIT.toSeconds() + " s: " + what);
      }
      pause();
    }
  }

  private static void pause() {
    sleep(Duration.ofMillis(100));
  }

  private static void sleep(Duration time) {
    try {
      TimeUnit.MILLISECONDS.sleep(time.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private void tell(String line) {
    String text = Instant.now().toString().substring(11, 23) + " " + line;
    System.out.println("  " + text);
    try {
      Files.writeString(
          directory.resolve("run.log"),
          text + "\n",
          java.nio.file.StandardOpenOption.CREATE,
          java.nio.file.StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The migration does not go on as it should. */
  private static final class Stuck extends RuntimeException {
    Stuck(String message) {
      super(message);
    }
  }
}
