package io.pryv.migration.process;

import io.pryv.migration.engine.CalledFromDiagram;
import io.pryv.migration.engine.ThisProgram;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.camunda.bpm.engine.BadUserRequestException;
import org.camunda.bpm.engine.IdentityService;
import org.camunda.bpm.engine.TaskService;
import org.camunda.bpm.engine.delegate.DelegateTask;
import org.camunda.bpm.engine.variable.Variables;
import org.camunda.bpm.engine.variable.value.TypedValue;
import org.springframework.stereotype.Component;

/**
 * What people decide: checked as it comes in, whichever way, and noted with when and who, as he was
 * authenticated; the task keeps them as a comment, too. Called from the diagram by its bean's name,
 * one method for each user task.
 */
@Component("decisions")
public class Decisions {

  private static final String ROLL_BACK = "rollBack";

  /** What an operator types who rolls back and has changed no record. */
  static final String NOTHING_CHANGED = "nothing was changed";

  /** Characters: a word is none. */
  private static final int SHORTEST_REASON = 10;

  /** The variable that says so; the diagram reads it for as long as the records lead back. */
  static final String NOTHING_CHANGED_SAID = "nothingChanged";

  private final Logbook logbook;
  private final Actors actors;
  private final Rollback rollback;
  private final FourEyes fourEyes;
  private final Seals seals;
  private final IdentityService identity;
  private final TaskService tasks;

  Decisions(
      Logbook logbook,
      Actors actors,
      Rollback rollback,
      FourEyes fourEyes,
      Seals seals,
      IdentityService identity,
      TaskService tasks) {
    this.identity = identity;
    this.tasks = tasks;
    this.logbook = logbook;
    this.actors = actors;
    this.rollback = rollback;
    this.fourEyes = fourEyes;
    this.seals = seals;
  }

  /** {@code preflightDecision}: {@code checkAgain} or {@code abort}. */
  @CalledFromDiagram
  public void mendPreflight(DelegateTask task) {
    String decision = oneOf(task, "preflightDecision", Set.of("checkAgain", "abort"));
    note(task, actors.operator("decide on what preflight found"), decision);
  }

  /**
   * {@code gateDecision}: {@code go}, {@code syncAgain} or {@code rollBack}; {@code notBefore}:
   * empty, or a time as ISO 8601.
   */
  @CalledFromDiagram
  public void gate(DelegateTask task) {
    String decision = oneOf(task, "gateDecision", Set.of("go", "syncAgain", ROLL_BACK));
    String who = decider(task, decision, "go", "decide on the cut-over");
    Optional<Instant> notBefore = time(task.getVariable("notBefore"));
    task.setVariable("notBefore", notBefore.map(Instant::toString).orElse(""));
    note(task, who, decision + notBefore.map(time -> ", not before " + time).orElse(""));
    rollBackIfAsked(task, who, decision);
  }

  /** {@code nameServersDecision}: {@code changed} or {@code rollBack}. */
  @CalledFromDiagram
  public void nameServers(DelegateTask task) {
    String decision = oneOf(task, "nameServersDecision", Set.of("changed", ROLL_BACK));
    String who = decider(task, decision, "changed", "say that the name servers lead to dest");
    note(task, who, decision);
    rollBackIfAsked(task, who, decision);
  }

  /**
   * {@code delegationDecision}: {@code lookAgain}, {@code accept} with a {@code delegationReason},
   * or {@code rollBack}. What is accepted is what was shown, nothing that comes later.
   */
  @CalledFromDiagram
  public void acceptDelegation(DelegateTask task) {
    String decision = oneOf(task, "delegationDecision", Set.of("lookAgain", "accept", ROLL_BACK));
    String who = decider(task, decision, "accept", "accept this delegation");
    String reason = Objects.toString(task.getVariable("delegationReason"), "").strip();
    if (!decision.equals("accept")) {
      note(task, who, decision);
      rollBackIfAsked(task, who, decision);
      return;
    }
    if (reason.length() < SHORTEST_REASON) {
      throw new BadUserRequestException(
          "delegationReason: expected why it may be accepted, in %d characters or more, found \"%s\""
              .formatted(SHORTEST_REASON, reason));
    }
    String accepted = Objects.toString(task.getVariable("stuckDelegation"), "");
    task.setVariable("acceptedDelegation", accepted);
    seals.seal(task.getProcessInstanceId(), "acceptedDelegation", Variables.stringValue(accepted));
    note(task, who, "accept, although " + accepted.replace("\n", "; ") + ". Reason: " + reason);
  }

  /** {@code retirementDecision}: {@code retire} or {@code rollBack}. */
  @CalledFromDiagram
  public void confirmRetirement(DelegateTask task) {
    String decision = oneOf(task, "retirementDecision", Set.of("retire", ROLL_BACK));
    String who = decider(task, decision, "retire", "retire source");
    note(task, who, decision);
    rollBackIfAsked(task, who, decision);
  }

  /**
   * Says that the records lead to source again. {@code nothingChangedTyped}: empty, or the words
   * {@link #NOTHING_CHANGED} of an operator who has changed no record at all; then no resolver
   * remembers dest, and nobody waits until it does not.
   */
  @CalledFromDiagram
  public void nameServersBack(DelegateTask task) {
    String typed = Objects.toString(task.getVariable("nothingChangedTyped"), "").strip();
    if (!typed.isEmpty() && !typed.equalsIgnoreCase(NOTHING_CHANGED)) {
      throw new BadUserRequestException(
          "nothingChangedTyped: expected nothing, or the words \"%s\", found \"%s\""
              .formatted(NOTHING_CHANGED, typed));
    }
    TypedValue nothingChanged = Values.toVariable(!typed.isEmpty());
    seals.seal(task.getProcessInstanceId(), NOTHING_CHANGED_SAID, nothingChanged);
    task.setVariable(NOTHING_CHANGED_SAID, nothingChanged);
    note(
        task,
        actors.operator("say that the name servers lead back"),
        typed.isEmpty() ? "changed" : NOTHING_CHANGED);
  }

  private void rollBackIfAsked(DelegateTask task, String who, String decision) {
    if (decision.equals(ROLL_BACK)) {
      rollback.decided(task, who);
    }
  }

  /**
   * Who decides: forward goes an approver, anything else is for operators as well.
   *
   * @param forward the decision after which there is no way back that costs nothing
   */
  private String decider(DelegateTask task, String decision, String forward, String what) {
    if (!decision.equals(forward)) {
      return actors.operatorOrApprover(what);
    }
    String who = actors.approver(what);
    fourEyes.check(task.getProcessInstanceId(), who, what);
    return who;
  }

  private void note(DelegateTask task, String who, String what) {
    logbook.decided(task.getProcessInstanceId(), task.getTaskDefinitionKey(), who, what);
    ThisProgram.acts(
        identity,
        () -> tasks.createComment(task.getId(), task.getProcessInstanceId(), who + ": " + what));
  }

  private static String oneOf(DelegateTask task, String variable, Set<String> allowed) {
    Object value = task.getVariable(variable);
    if (value instanceof String text && allowed.contains(text)) {
      return text;
    }
    throw new BadUserRequestException(
        "%s: expected one of %s, found %s"
            .formatted(variable, allowed.stream().sorted().toList(), value));
  }

  private static Optional<Instant> time(Object value) {
    if (value == null || value.toString().isBlank()) {
      return Optional.empty();
    }
    String text = value.toString().strip();
    try {
      return Optional.of(OffsetDateTime.parse(text).toInstant());
    } catch (DateTimeException withoutOffset) {
      try {
        return Optional.of(LocalDateTime.parse(text).atZone(ZoneId.systemDefault()).toInstant());
      } catch (DateTimeException e) {
        throw new BadUserRequestException(
            "notBefore: expected a time such as 2026-01-31T22:30:00Z, found " + text, e);
      }
    }
  }
}
