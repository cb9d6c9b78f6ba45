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
import org.camunda.bpm.engine.delegate.DelegateExecution;
import org.camunda.bpm.engine.delegate.DelegateTask;
import org.camunda.bpm.engine.impl.identity.Authentication;
import org.springframework.stereotype.Component;

/**
 * What people decide: checked as it comes in, whichever way, and noted with who and when. Called
 * from the diagram by its bean's name, one method for each user task.
 */
@Component("decisions")
public class Decisions {

  private final Logbook logbook;
  private final IdentityService identity;

  Decisions(Logbook logbook, IdentityService identity) {
    this.logbook = logbook;
    this.identity = identity;
  }

  /** {@code preflightDecision}: {@code checkAgain} or {@code abort}. */
  public void mendPreflight(DelegateTask task) {
    note(task, oneOf(task, "preflightDecision", Set.of("checkAgain", "abort")));
  }

  /**
   * {@code gateDecision}: {@code go}, {@code syncAgain} or {@code abort}; {@code notBefore}: empty,
   * or a time as ISO 8601.
   */
  public void gate(DelegateTask task) {
    String decision = oneOf(task, "gateDecision", Set.of("go", "syncAgain", "abort"));
    Optional<Instant> notBefore = time(task.getVariable("notBefore"));
    task.setVariable("notBefore", notBefore.map(Instant::toString).orElse(""));
    note(task, decision + notBefore.map(time -> ", not before " + time).orElse(""));
  }

  /** Says that the records are changed. */
  public void nameServers(DelegateTask task) {
    note(task, "changed");
  }

  /** Says that source may go. */
  public void confirmRetirement(DelegateTask task) {
    note(task, "confirmed");
  }

  /** The message abortRequested came in while dest was being prepared. */
  public void abortAsked(DelegateExecution execution) {
    logbook.decided(
        execution.getProcessInstanceId(),
        execution.getCurrentActivityId(),
        Optional.ofNullable(identity.getCurrentAuthentication())
            .map(Authentication::getUserId)
            .orElse("this program"),
        "abort");
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
