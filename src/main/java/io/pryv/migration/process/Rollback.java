package io.pryv.migration.process;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.camunda.bpm.engine.HistoryService;
import org.camunda.bpm.engine.IdentityService;
import org.camunda.bpm.engine.OptimisticLockingException;
import org.camunda.bpm.engine.RuntimeService;
import org.camunda.bpm.engine.delegate.DelegateExecution;
import org.camunda.bpm.engine.delegate.DelegateTask;
import org.camunda.bpm.engine.history.HistoricProcessInstance;
import org.camunda.bpm.engine.impl.identity.Authentication;
import org.camunda.bpm.engine.runtime.ProcessInstance;
import org.springframework.stereotype.Component;

/**
 * How a rollback is asked for: by setting one variable of the migration, whoever asks and wherever
 * it stands. The diagram's event subprocess waits for it. Called from the diagram by its bean's
 * name.
 */
@Component("rollback")
public class Rollback {

  /** {@code true} asks for it; nothing else does. */
  static final String REQUESTED = "rollbackRequested";

  static final String REASON = "rollbackReason";

  /** Who asked, where that is not who is logged in. */
  static final String ASKED_BY = "rollbackAskedBy";

  /** Set by the diagram once source is retired for good. */
  static final String RETIRED = "retired";

  private static final String PROCESS = "register-migration";
  private static final String SUBPROCESS = "rollBack";
  private static final int LONGEST_REASON = 1000;

  /** A step that begins or ends in the same moment wins; then it is asked for again, so long. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final long PAUSE_MS = 50;

  private final RuntimeService runtime;
  private final HistoryService history;
  private final IdentityService identity;
  private final Logbook logbook;

  Rollback(
      RuntimeService runtime, HistoryService history, IdentityService identity, Logbook logbook) {
    this.runtime = runtime;
    this.history = history;
    this.identity = identity;
    this.logbook = logbook;
  }

  /** There is nothing to roll back, or no rollback can be asked for now. */
  public static final class Refused extends RuntimeException {

    private static final long serialVersionUID = 1L;

    Refused(String message) {
      super(message);
    }
  }

  /**
   * Asks for the rollback of a migration.
   *
   * @throws Refused when there is nothing to roll back, or no moment to ask for it was found
   */
  public void ask(String migration, String reason) {
    ask(migration, reason, me().orElse("this program"));
  }

  void ask(String migration, String reason, String who) {
    long begun = System.nanoTime();
    while (true) {
      refuseUnlessPossible(migration);
      try {
        runtime.setVariables(migration, Map.of(REASON, shortened(reason), ASKED_BY, who));
        runtime.setVariable(migration, REQUESTED, true);
        return;
      } catch (OptimisticLockingException stepWonTheRace) {
        if (System.nanoTime() - begun > PATIENCE.toNanos() || !pause()) {
          throw new Refused(
              "the rollback of migration "
                  + migration
                  + " was not asked for: one step ended after the other for "
                  + PATIENCE.toSeconds()
                  + " s, or this program stops; ask again");
        }
      }
    }
  }

  /** The form of a user task says so. */
  void decided(DelegateTask task) {
    task.setVariable(REASON, shortened(String.valueOf(task.getVariable(REASON))));
    task.setVariable(ASKED_BY, me().or(() -> Optional.ofNullable(task.getAssignee())).orElse(""));
    task.setVariable(REQUESTED, true);
  }

  /**
   * Throws unless a rollback of that migration may be asked for.
   *
   * @throws Refused when it has ended, is being rolled back, or source is retired
   */
  void refuseUnlessPossible(String migration) {
    HistoricProcessInstance instance =
        history.createHistoricProcessInstanceQuery().processInstanceId(migration).singleResult();
    if (instance == null || !PROCESS.equals(instance.getProcessDefinitionKey())) {
      throw new Refused("there is no migration " + migration);
    }
    if (instance.getEndTime() != null) {
      throw new Refused("migration " + migration + " has ended: there is nothing to roll back");
    }
    if (history
            .createHistoricActivityInstanceQuery()
            .processInstanceId(migration)
            .activityId(SUBPROCESS)
            .unfinished()
            .count()
        > 0) {
      throw new Refused("migration " + migration + " is being rolled back already");
    }
    if (Boolean.TRUE.equals(runtime.getVariable(migration, RETIRED))) {
      throw new Refused(
          "source of migration "
              + migration
              + " is retired: dest is the platform's register. To go back, migrate from dest to"
              + " source");
    }
  }

  /** The migration of that id, or the running one of that domain. */
  String find(String migrationOrDomain) {
    String wanted = migrationOrDomain.strip();
    List<ProcessInstance> running =
        runtime
            .createProcessInstanceQuery()
            .processDefinitionKey(PROCESS)
            .processInstanceBusinessKey(wanted)
            .list();
    return running.isEmpty() ? wanted : running.get(0).getId();
  }

  /** The condition on which the diagram's event subprocess begins. */
  public boolean due(DelegateExecution execution) {
    return Boolean.TRUE.equals(execution.getVariable(REQUESTED))
        && !Boolean.TRUE.equals(execution.getVariable(RETIRED));
  }

  /** The event subprocess begins: what ran is cancelled, and nobody watches it any more. */
  public void asked(DelegateExecution execution) {
    execution.setVariable(Following.SOURCE.flag(), false);
    String reason = String.valueOf(execution.getVariable(REASON));
    logbook.decided(
        execution.getProcessInstanceId(),
        execution.getCurrentActivityId(),
        Optional.ofNullable((String) execution.getVariable(ASKED_BY))
            .filter(who -> !who.isEmpty())
            .or(this::me)
            .orElse("this program"),
        reason.isBlank() || reason.equals("null") ? "roll back" : "roll back: " + reason);
  }

  /** Whether this migration has changed anything on a machine so far. */
  public boolean touched(DelegateExecution execution) {
    return logbook.changedAnything(execution.getProcessInstanceId());
  }

  private Optional<String> me() {
    return Optional.ofNullable(identity.getCurrentAuthentication()).map(Authentication::getUserId);
  }

  private static String shortened(String reason) {
    String text = reason == null || reason.equals("null") ? "" : reason.strip();
    return text.substring(0, Math.min(LONGEST_REASON, text.length()));
  }

  /** Whether it was not interrupted. */
  private static boolean pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(PAUSE_MS);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
