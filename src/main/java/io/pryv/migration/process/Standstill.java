package io.pryv.migration.process;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.camunda.bpm.engine.EntityTypes;
import org.camunda.bpm.engine.HistoryService;
import org.camunda.bpm.engine.ManagementService;
import org.camunda.bpm.engine.RuntimeService;
import org.camunda.bpm.engine.history.UserOperationLogEntry;
import org.camunda.bpm.engine.runtime.Incident;
import org.camunda.bpm.engine.runtime.Job;
import org.camunda.bpm.engine.runtime.ProcessInstance;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * Tells of migrations that somebody has suspended: their deadlines, retries and timers wait, and no
 * rollback begins, while source may refuse writes. The alarm goes by itself once they go on.
 */
@Component
class Standstill {

  /** Type of the incident. */
  static final String INCIDENT = "suspended";

  /** Type of the incident that tells of a timer which somebody has moved. */
  static final String MOVED = "dueDateMoved";

  private static final Logger LOG = LoggerFactory.getLogger(Standstill.class);

  private static final String PROCESS = "register-migration";

  private final RuntimeService runtime;
  private final ManagementService management;
  private final HistoryService history;
  private final Logbook logbook;

  Standstill(
      RuntimeService runtime,
      ManagementService management,
      HistoryService history,
      Logbook logbook) {
    this.runtime = runtime;
    this.history = history;
    this.management = management;
    this.logbook = logbook;
  }

  /** Raises and ends alarms. */
  void look() {
    Map<String, String> still = new HashMap<>();
    Map<String, String> moved = new HashMap<>();
    for (ProcessInstance migration :
        runtime.createProcessInstanceQuery().processDefinitionKey(PROCESS).list()) {
      List<String> what = new ArrayList<>(halting(migration));
      if (what.isEmpty() && suspendedJobs(migration) > 0) {
        what.add("%d of its jobs".formatted(suspendedJobs(migration)));
      }
      if (!what.isEmpty()) {
        still.put(migration.getId(), suspended(migration.getId(), String.join(" and ", what)));
      }
      List<String> dates = movedDates(migration.getId());
      if (!dates.isEmpty()) {
        moved.put(migration.getId(), String.join("; ", dates));
      }
    }
    tell(INCIDENT, still);
    tell(MOVED, moved);
  }

  private void tell(String type, Map<String, String> alarms) {
    Map<String, String> untold = new HashMap<>(alarms);
    for (Incident told : runtime.createIncidentQuery().incidentType(type).list()) {
      if (untold.remove(told.getProcessInstanceId()) == null) {
        LOG.info("{} goes on", told.getProcessInstanceId());
        runtime.resolveIncident(told.getId());
      }
    }
    untold.forEach(
        (migration, alarm) ->
            Executions.leaf(runtime, migration)
                .ifPresent(
                    where -> {
                      LOG.error("{}: {}", migration, alarm);
                      runtime.createIncident(type, where, type, alarm);
                    }));
  }

  /** Jobs that wait still, and not until when the diagram says. */
  private List<String> movedDates(String migration) {
    List<String> dates = new ArrayList<>();
    for (UserOperationLogEntry entry :
        history
            .createUserOperationLogQuery()
            .processInstanceId(migration)
            .entityType(EntityTypes.JOB)
            .operationType(UserOperationLogEntry.OPERATION_TYPE_SET_DUEDATE)
            .list()) {
      for (Job job : management.createJobQuery().jobId(entry.getJobId()).list()) {
        String activity =
            management
                .createJobDefinitionQuery()
                .jobDefinitionId(job.getJobDefinitionId())
                .singleResult()
                .getActivityId();
        dates.add(
            "%s has moved the date of %s: it is due %s. Put it back, or let it run, if that is not meant: a deadline that does not come protects nobody"
                .formatted(
                    entry.getUserId(),
                    activity,
                    job.getDuedate() == null ? "at once" : job.getDuedate().toInstant()));
      }
    }
    return dates;
  }

  /** What keeps every step of a migration from running, a rollback's too; empty when nothing. */
  Optional<String> of(String migration) {
    return runtime.createProcessInstanceQuery().processInstanceId(migration).list().stream()
        .map(this::halting)
        .filter(what -> !what.isEmpty())
        .map(what -> String.join(" and ", what))
        .findFirst();
  }

  /** Whether somebody has halted any of it, or moved a date. */
  boolean byHand(ProcessInstance migration) {
    return !halting(migration).isEmpty()
        || suspendedJobs(migration) > 0
        || !movedDates(migration.getId()).isEmpty();
  }

  private List<String> halting(ProcessInstance migration) {
    List<String> what = new ArrayList<>();
    if (migration.isSuspended()) {
      what.add("its process instance");
    }
    long steps =
        management
            .createJobDefinitionQuery()
            .processDefinitionId(migration.getProcessDefinitionId())
            .suspended()
            .count();
    if (steps > 0) {
      what.add("%d of its job definitions".formatted(steps));
    }
    return what;
  }

  private long suspendedJobs(ProcessInstance migration) {
    return management.createJobQuery().processInstanceId(migration.getId()).suspended().count();
  }

  private String suspended(String migration, String what) {
    return ("This migration stands still: suspended is %s. Its deadlines, timers and retries wait,"
            + " and no rollback begins%s. Let an admin let it go on (PUT"
            + " /engine-rest/process-instance/%s/suspended {\"suspended\": false}, or Cockpit)")
        .formatted(
            what,
            logbook.changedAnything(migration)
                ? "; machines stay as they are, and source may refuse writes meanwhile"
                : "",
            migration);
  }
}
