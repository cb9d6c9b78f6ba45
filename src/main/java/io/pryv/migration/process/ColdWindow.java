package io.pryv.migration.process;

import io.pryv.migration.engine.CalledFromDiagram;
import io.pryv.migration.platform.Platform;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.camunda.bpm.engine.delegate.BpmnError;
import org.camunda.bpm.engine.delegate.DelegateExecution;
import org.camunda.bpm.model.bpmn.instance.SubProcess;
import org.springframework.stereotype.Component;

/**
 * The time in which source takes no write and dest is not yet elected. A step that fails in it does
 * not wait for an operator: source's service is put back, and the gate tells why. Called from the
 * diagram by its bean's name.
 */
@Component("coldWindow")
public class ColdWindow {

  static final String ID = "coldWindow";
  static final String STARTED = "coldWindowStartedAt";
  static final String DEADLINE = "outageDeadline";
  static final String FAILURE = "windowFailure";
  private static final String ERROR = "coldWindowFailed";
  private static final int LONGEST_MESSAGE = 3500;

  private final Clock clock;

  ColdWindow(Clock clock) {
    this.clock = clock;
  }

  /** The clock starts before source is touched. */
  @CalledFromDiagram
  public void opens(DelegateExecution execution) {
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    Duration longest =
        Values.fromVariable("platform", execution.getVariable("platform"), Platform.class)
            .options()
            .longestOutage();
    execution.setVariable(STARTED, now.toString());
    execution.setVariable(DEADLINE, now.plus(longest).toString());
    execution.setVariable(FAILURE, "");
  }

  /** The boundary timer fired: the steps took longer than the operator allows. */
  @CalledFromDiagram
  public void ranOut(DelegateExecution execution) {
    execution.setVariable(
        FAILURE, "The longest outage allowed was reached before dest could be elected.");
  }

  /** Whether a step runs within the window. */
  static boolean holds(DelegateExecution execution) {
    return execution.getBpmnModelElementInstance().getParentElement() instanceof SubProcess around
        && around.getId().equals(ID);
  }

  /** What leads to source being put back. */
  static BpmnError failure(String step, RuntimeException cause) {
    String message =
        "**%s** failed in the cold window: %s".formatted(step, String.valueOf(cause.getMessage()));
    return new BpmnError(
        ERROR, message.substring(0, Math.min(LONGEST_MESSAGE, message.length())), cause);
  }
}
