package io.pryv.migration.process;

import io.pryv.migration.engine.CalledFromDiagram;
import io.pryv.migration.engine.ThisProgram;
import io.pryv.migration.process.Wishes.Wish;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.camunda.bpm.engine.HistoryService;
import org.camunda.bpm.engine.IdentityService;
import org.camunda.bpm.engine.OptimisticLockingException;
import org.camunda.bpm.engine.RuntimeService;
import org.camunda.bpm.engine.SuspendedEntityInteractionException;
import org.camunda.bpm.engine.delegate.DelegateExecution;
import org.camunda.bpm.engine.delegate.DelegateTask;
import org.camunda.bpm.engine.history.HistoricProcessInstance;
import org.camunda.bpm.engine.runtime.ProcessInstance;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * How a rollback is asked for: by setting one variable of the migration, whoever asks and wherever
 * it stands. The diagram's event subprocess waits for it. Called from the diagram by its bean's
 * name.
 */
@Component("rollback")
public class Rollback {

  /** {@code true} asks for it, of whoever may ask; nothing else does. */
  static final String REQUESTED = "rollbackRequested";

  static final String REASON = "rollbackReason";

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
  private final Actors actors;
  private final Wishes wishes;
  private final Standstill standstill;
  private final TransactionTemplate transactions;

  Rollback(
      RuntimeService runtime,
      HistoryService history,
      IdentityService identity,
      Logbook logbook,
      Actors actors,
      Wishes wishes,
      Standstill standstill,
      PlatformTransactionManager transactions) {
    this.runtime = runtime;
    this.history = history;
    this.identity = identity;
    this.logbook = logbook;
    this.actors = actors;
    this.wishes = wishes;
    this.standstill = standstill;
    this.transactions = new TransactionTemplate(transactions);
  }

  /** There is nothing to roll back, or no rollback can be asked for now. */
  public static final class Refused extends RuntimeException {

    private static final long serialVersionUID = 1L;

    Refused(String message) {
      super(message);
    }
  }

  /**
   * Asks for the rollback of a migration, in the name of whoever is logged in.
   *
   * @throws org.camunda.bpm.engine.AuthorizationException unless he is an operator
   * @throws Refused when there is nothing to roll back, or no moment to ask for it was found
   */
  public void ask(String migration, String reason) {
    Wish wish = wish(migration, reason);
    ThisProgram.acts(
        identity,
        () -> {
          carryOut(wish);
          return null;
        });
  }

  /**
   * What whoever is logged in wishes.
   *
   * @throws org.camunda.bpm.engine.AuthorizationException unless he is an operator
   */
  Wish wish(String migration, String reason) {
    return new Wish(migration, actors.operator("roll a migration back"), shortened(reason));
  }

  /** Asks for what somebody who might has wished. */
  void carryOut(Wish wish) {
    String migration = wish.migration();
    long begun = System.nanoTime();
    while (true) {
      refuseUnlessPossible(migration);
      try {
        transactions.executeWithoutResult(
            status -> {
              wishes.keep(migration, wish);
              runtime.setVariable(migration, REQUESTED, true);
            });
        return;
      } catch (SuspendedEntityInteractionException inTheSameMoment) {
        throw suspended(migration, "just now");
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

  /** The form of a user task says so; whoever submits it may. */
  void decided(DelegateTask task, String who) {
    String reason = shortened(String.valueOf(task.getVariable(REASON)));
    wishes.keep(task.getProcessInstanceId(), new Wish(task.getProcessInstanceId(), who, reason));
    task.setVariable(REQUESTED, true);
  }

  /**
   * Throws unless a rollback of that migration may be asked for.
   *
   * @throws Refused when it has ended, is being rolled back, source is retired, or it is suspended
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
    standstill
        .of(migration)
        .ifPresent(
            what -> {
              throw suspended(migration, what);
            });
  }

  private static Refused suspended(String migration, String what) {
    return new Refused(
        "migration %s is suspended (%s): no step of a rollback would begin. Let an admin let it go on, then ask again"
            .formatted(migration, what));
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

  /**
   * The condition on which the diagram's event subprocess begins: it was asked for by whoever may,
   * or whoever sets the variable now, as in Cockpit, is one of them.
   */
  @CalledFromDiagram
  public boolean due(DelegateExecution execution) {
    return Boolean.TRUE.equals(execution.getVariable(REQUESTED))
        && !Boolean.TRUE.equals(execution.getVariable(RETIRED))
        && !wishOf(execution).who().isEmpty();
  }

  /** The event subprocess begins: what ran is cancelled, and nobody watches it any more. */
  @CalledFromDiagram
  public void asked(DelegateExecution execution) {
    execution.setVariable(Following.SOURCE.flag(), false);
    Wish wish = wishOf(execution);
    logbook.decided(
        execution.getProcessInstanceId(),
        execution.getCurrentActivityId(),
        wish.who(),
        wish.reason().isBlank() ? "roll back" : "roll back: " + wish.reason());
  }

  private Wish wishOf(DelegateExecution execution) {
    String migration = execution.getProcessInstanceId();
    return wishes
        .of(migration)
        .orElseGet(() -> wish(migration, String.valueOf(execution.getVariable(REASON))));
  }

  /** Whether this migration has changed anything on a machine so far. */
  @CalledFromDiagram
  public boolean touched(DelegateExecution execution) {
    return logbook.changedAnything(execution.getProcessInstanceId());
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
