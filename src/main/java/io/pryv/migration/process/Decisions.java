package io.pryv.migration.process;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.util.Optional;
import java.util.Set;
import org.camunda.bpm.engine.BadUserRequestException;
import org.camunda.bpm.engine.IdentityService;
import org.camunda.bpm.engine.delegate.DelegateTask;
import org.camunda.bpm.engine.impl.identity.Authentication;
import org.springframework.stereotype.Component;

/**
 * What people decide: checked as it comes in, whichever way, and noted with who and when. Called
 * from the diagram by its bean's name, one method for each user task.
 */
@Component("decisions")
public class Decisions {

  private static final String ROLL_BACK = "rollBack";

  private final Logbook logbook;
  private final IdentityService identity;
  private final Rollback rollback;

  Decisions(Logbook logbook, IdentityService identity, Rollback rollback) {
    this.logbook = logbook;
    this.identity = identity;
    this.rollback = rollback;
  }

  /** {@code preflightDecision}: {@code checkAgain} or {@code abort}. */
  public void mendPreflight(DelegateTask task) {
    note(task, oneOf(task, "preflightDecision", Set.of("checkAgain", "abort")));
  }

  /**
   * {@code gateDecision}: {@code go}, {@code syncAgain} or {@code rollBack}; {@code notBefore}:
   * empty, or a time as ISO 8601.
   */
  public void gate(DelegateTask task) {
    String decision = oneOf(task, "gateDecision", Set.of("go", "syncAgain", ROLL_BACK));
    Optional<Instant> notBefore = time(task.getVariable("notBefore"));
    task.setVariable("notBefore", notBefore.map(Instant::toString).orElse(""));
    note(task, decision + notBefore.map(time -> ", not before " + time).orElse(""));
    rollBackIfAsked(task, decision);
  }

  /** {@code nameServersDecision}: {@code changed} or {@code rollBack}. */
  public void nameServers(DelegateTask task) {
    String decision = oneOf(task, "nameServersDecision", Set.of("changed", ROLL_BACK));
    note(task, decision);
    if (decision.equals("changed")) {
      task.setVariable("nameServersChanged", true);
    }
    rollBackIfAsked(task, decision);
  }

  /** {@code retirementDecision}: {@code retire} or {@code rollBack}. */
  public void confirmRetirement(DelegateTask task) {
    String decision = oneOf(task, "retirementDecision", Set.of("retire", ROLL_BACK));
    note(task, decision);
    rollBackIfAsked(task, decision);
  }

  /** Says that the records lead to source again. */
  public void nameServersBack(DelegateTask task) {
    note(task, "changed");
  }

  private void rollBackIfAsked(DelegateTask task, String decision) {
    if (decision.equals(ROLL_BACK)) {
      rollback.decided(task);
    }
  }

  private void note(DelegateTask task, String what) {
    logbook.decided(
        task.getProcessInstanceId(),
        task.getTaskDefinitionKey(),
        Optional.ofNullable(identity.getCurrentAuthentication())
            .map(Authentication::getUserId)
            .or(() -> Optional.ofNullable(task.getAssignee()))
            .orElse("this program"),
        what);
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
