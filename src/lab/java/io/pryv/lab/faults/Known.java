package io.pryv.lab.faults;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * All that the harness knows of single activities; everything else it reads from the diagram. A
 * step that is not named here is taken for one that changes something on a machine.
 */
final class Known {

  /** The subprocess in which source takes no write, and dest not yet. */
  static final String WINDOW = "coldWindow";

  /** What leads back from a window that failed. */
  static final String PUT_BACK = "putSourceBack";

  /** Steps of a live cut-over up to its gate. */
  private static final Set<String> PREPARES_SWITCH =
      Set.of("openTunnelToSource", "followSource", "prepareSwitchSite", "measureSwitch");

  /** Steps of a live cut-over from its gate on; they stand in place of the window. */
  private static final Set<String> SWITCHES =
      Set.of(
          "catchUp",
          "seeDestServes",
          "openTunnelForSwitch",
          "putRetryIn",
          "switchOver",
          "proveSwitch",
          "listRefusedWrites",
          "closeTunnelToSource");

  /** Steps of the way back that only a live cut-over has. */
  private static final Set<String> LIVE_BACK =
      Set.of("settleSwitch", "takeRetryOutBack", "leaveSource");

  /** What follows a switch that undid itself: no fault from outside is sure to lead there. */
  static final String UNDONE = "takeRetryOut";

  /** What a rollback passes only where somebody has stopped source's services, or unfenced it. */
  private static final Set<String> BY_HAND = Set.of("standBehindDest", "fenceSourceAgain");

  /** Steps that a rehearsal passes and no migration. */
  private static final Set<String> REHEARSES = Set.of("rehearseWindow", "endRehearsal");

  /** Tasks for people. */
  static final String MEND = "mendPreflight";

  static final String GATE = "gate";
  static final String NAME_SERVERS = "nameServers";
  static final String NAME_SERVERS_BACK = "nameServersBack";
  static final String RETIREMENT = "confirmRetirement";

  /**
   * Steps that change nothing on a machine; {@code catchUp} does nothing unless dest has lost
   * source, and is {@code followSource} then.
   */
  private static final Set<String> LOOKS =
      Set.of(
          "preflight",
          "recordBefore",
          "prepareGate",
          "proveCopy",
          "proveDest",
          "proveProxy",
          "proveSwitch",
          "measureSwitch",
          "catchUp",
          "listRefusedWrites",
          "listRefusedInWindow",
          "compareBeforeFollow",
          "verifyData",
          "verifyDns",
          "watchQuiet",
          "closeTunnel",
          "watchQuietBack",
          "findWriter",
          "proveAsBefore");

  /** Steps that reach no machine of the platform over ssh. */
  private static final Set<String> HERE_ONLY =
      Set.of(
          "readPlatformFile",
          "seeDestServes",
          "listRecords",
          "watchDelegation",
          "listRecordsBack",
          "watchDelegationBack",
          "endRehearsal",
          "raiseAlarm",
          "writeReport",
          "writeAbortReport",
          "writeRollbackReport");

  /** Steps that are done within the request or the job of another, which is redone as a whole. */
  private static final Set<String> WITHIN_ANOTHER = Set.of("readPlatformFile", "raiseAlarm");

  /** Steps that change something through Redis' own protocol alone. */
  private static final Set<String> BY_REDIS = Set.of("fenceDest");

  /** Steps of the way back that change something only where a job or a switch is under way. */
  private static final Set<String> FINDS_NOTHING_TO_END = Set.of("endJobs", "settleSwitch");

  /** Steps during which something is written to the directory of dest's Redis. */
  private static final Set<String> WRITES_DEST_DATA =
      Set.of(
          "launchDest",
          "bulkSync",
          "followSource",
          "followSourceBack",
          "catchUp",
          "preSync",
          "lastSync",
          "startDest",
          "leadClients",
          "reloadProxy",
          "switchOver",
          "proveSwitch",
          "followDest");

  /** Steps at which it counts what dest's disk has: it is elected, led to, or left. */
  private static final Set<String> DEST_DISK_COUNTS =
      Set.of(
          "keepDestData",
          "followSource",
          "switchOver",
          "startDest",
          "leadClients",
          "followDest",
          "returnWriter",
          "returnProxy",
          "followSourceBack",
          "undoPreparation");

  /** Steps after the window in which clients still wait. */
  private static final Set<String> CLOSES_WINDOW =
      Set.of("leadClients", "reloadProxy", "proveProxy");

  /** A step off the good path, and the one that has to fail for it to be reached. */
  private static final Map<String, String> REACHED_BY = Map.of(PUT_BACK, "startDest");

  /** A step of the way back, and the step before which a rollback leads to it. */
  private static final Map<String, String> REACHED_BY_ROLLBACK =
      Map.ofEntries(
          Map.entry("endJobs", "preSync"),
          Map.entry("settleSwitch", "switchOver"),
          Map.entry("takeRetryOutBack", "switchOver"),
          Map.entry("leaveSource", "switchOver"),
          Map.entry("restoreSource", "proveCopy"),
          Map.entry("prepareReturn", "verifyData"),
          Map.entry("returnWriter", "listRecords"),
          Map.entry("returnProxy", "listRecords"),
          Map.entry("closeTunnelBack", "listRecords"),
          Map.entry("followSourceBack", "verifyData"),
          Map.entry("leaveSourceBack", "verifyData"),
          Map.entry("undoPreparation", "listRecords"),
          Map.entry("forgetRollbackNotes", "listRecords"));

  /** The step whose work is done by a script on source, which goes on whatever becomes of us. */
  static final String SWITCH = "switchOver";

  /** Faults during a step come at its first change, or at the command whose purpose begins so. */
  private static final Map<String, String> DURING = Map.of(SWITCH, "launch: the switch");

  /** What fails on a dest that was started again while it follows: the manual says to roll back. */
  static final String SEE_DEST_SERVES = "seeDestServes";

  /** Steps at which dest follows, or is about to, and its services are not to be started again. */
  private static final Set<String> DEST_FOLLOWS = Set.of("openTunnelToSource", "followSource");

  /** From its end on there is no way back. */
  static final String RETIRES = "retireSource";

  /** The cells whose failure would cost most: run in CI. */
  static final Map<String, List<Fault>> SMOKE =
      Map.ofEntries(
          Map.entry("launchDest", List.of(Fault.KILLED_DURING)),
          Map.entry("bulkSync", List.of(Fault.SSH_CUT)),
          Map.entry("stopWrites", List.of(Fault.KILLED_DURING)),
          Map.entry("lastSync", List.of(Fault.POWER_CUT, Fault.ROLLBACK)),
          Map.entry("startDest", List.of(Fault.KILLED_DURING, Fault.COMMAND_FAILS)),
          Map.entry("openTunnel", List.of(Fault.UNREACHABLE)),
          Map.entry("switchOver", List.of(Fault.KILLED_DURING)),
          Map.entry(
              "followDest", List.of(Fault.KILLED_DURING, Fault.CONTAINER_DIES, Fault.ROLLBACK)),
          Map.entry("verifyData", List.of(Fault.POWER_CUT)),
          Map.entry("returnWriter", List.of(Fault.KILLED_DURING)));

  private Known() {}

  /** Whether the migration has to be rolled back for it, sooner or later. */
  static boolean endsInRollback(Cell cell) {
    return cell.fault() == Fault.ROLLBACK
        || (cell.fault() == Fault.DOCKER_RESTARTED && DEST_FOLLOWS.contains(cell.step().id()));
  }

  /** Whether the cut-over has to be live for the step to be reached; else it is cold. */
  static boolean live(Step step) {
    return PREPARES_SWITCH.contains(step.id())
        || LIVE_BACK.contains(step.id())
        || switches(step.id());
  }

  static boolean switches(String step) {
    return SWITCHES.contains(step);
  }

  static boolean byHand(Step step) {
    return BY_HAND.contains(step.id());
  }

  static boolean rehearses(String step) {
    return REHEARSES.contains(step);
  }

  /** How the purpose of the command begins during which a fault comes; empty for the first one. */
  static String during(Step step) {
    return DURING.getOrDefault(step.id(), "");
  }

  static boolean onlyLooks(Step step) {
    return LOOKS.contains(step.id());
  }

  static boolean reachesNoMachine(Step step) {
    return HERE_ONLY.contains(step.id());
  }

  static boolean withinAnother(Step step) {
    return WITHIN_ANOTHER.contains(step.id());
  }

  /** Whether its first command, of whatever kind, is the one to be caught. */
  static boolean sendsNoChange(Step step) {
    return onlyLooks(step)
        || BY_REDIS.contains(step.id())
        || FINDS_NOTHING_TO_END.contains(step.id());
  }

  static boolean writesDestData(Step step) {
    return WRITES_DEST_DATA.contains(step.id());
  }

  static boolean destDiskCounts(Step step) {
    return DEST_DISK_COUNTS.contains(step.id());
  }

  static boolean closesWindow(Step step) {
    return CLOSES_WINDOW.contains(step.id());
  }

  /** What has to fail, so that a step off the good path is reached at all. */
  static Optional<String> reachedByFailureOf(Step step) {
    return Optional.ofNullable(REACHED_BY.get(step.id()));
  }

  /** Before which step a rollback has to be asked for, so that this one is reached. */
  static Optional<String> reachedByRollbackBefore(Step step) {
    return Optional.ofNullable(REACHED_BY_ROLLBACK.get(step.id()));
  }

  static boolean retiresSource(Step step) {
    return step.id().equals(RETIRES);
  }
}
