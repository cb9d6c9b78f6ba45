package io.pryv.migration.process;

import io.pryv.migration.engine.BeginListener;
import io.pryv.migration.engine.NeverTriedAgain;
import io.pryv.migration.platform.StepFailure;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.camunda.bpm.engine.delegate.DelegateExecution;
import org.camunda.bpm.model.bpmn.instance.Gateway;
import org.camunda.bpm.model.bpmn.instance.SubProcess;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * No step behind a person's decision begins without that decision, whatever has led a token there:
 * each asks the logbook for every decision that all ways to it pass. A decision holds until a step
 * has begun from which it would have to be asked again.
 */
@Component
class DecidedFirst implements BeginListener {

  private static final Logger LOG = LoggerFactory.getLogger(DecidedFirst.class);

  private static final String PROCESS = "register-migration";

  /** Nothing that is tried again puts this right. */
  static final class Refused extends StepFailure implements NeverTriedAgain {

    private static final long serialVersionUID = 1L;

    Refused(String about, String expected, String found, String next) {
      super("this program", about, expected, found, next);
    }
  }

  /** What must have been decided for a token to go on behind a task. */
  private static final Map<String, List<String>> FORWARD =
      Map.of(
          "mendPreflight", List.of("abort"),
          "gate", List.of("go"),
          "nameServers", List.of("changed"),
          "acceptDelegation", List.of("accept", "lookAgain"),
          "confirmRetirement", List.of("retire"),
          "nameServersBack", List.of("changed", Decisions.NOTHING_CHANGED));

  private final Logbook logbook;
  private final Map<String, Ways> diagrams = new ConcurrentHashMap<>();

  DecidedFirst(Logbook logbook) {
    this.logbook = logbook;
  }

  @Override
  public void begins(DelegateExecution execution) {
    if (!execution.getProcessDefinitionId().startsWith(PROCESS + ":")
        || execution.getBpmnModelElementInstance() instanceof Gateway) {
      return;
    }
    Ways ways =
        diagrams.computeIfAbsent(
            execution.getProcessDefinitionId(), id -> new Ways(execution.getBpmnModelInstance()));
    String migration = execution.getProcessInstanceId();
    String step = execution.getCurrentActivityId();
    refusePastPreflight(ways, execution);
    ways.rootOf(step)
        .filter(ways::interrupts)
        .filter(root -> logbook.newestDecision(migration, root).isEmpty())
        .ifPresent(
            root -> refuse(ways, step, "that somebody has asked for it", root, "nobody has"));
    for (String task : ways.askedBefore(step)) {
      lacks(ways, migration, task, step)
          .ifPresent(
              found ->
                  refuse(
                      ways,
                      step,
                      "the decision \"%s\" of this round"
                          .formatted(String.join("\" or \"", forward(task))),
                      task,
                      found));
    }
  }

  /**
   * What preflight stops is mended, whatever has led a token past that; abandoning the migration,
   * and the way back, go on.
   */
  private static void refusePastPreflight(Ways ways, DelegateExecution execution) {
    if (execution.getVariable("preflightStops") instanceof Number stops
        && stops.longValue() > 0
        && execution.getBpmnModelElementInstance().getParentElement() instanceof SubProcess around
        && !around.triggeredByEvent()) {
      refuse(
          ways,
          execution.getCurrentActivityId(),
          "that preflight found nothing that stops it",
          "mendPreflight",
          "what stops it: %s in number".formatted(stops));
    }
  }

  /** What is found instead of a decision that holds. */
  private Optional<String> lacks(Ways ways, String migration, String task, String step) {
    Optional<Logbook.Decision> newest = logbook.newestDecision(migration, task);
    if (newest.isEmpty()) {
      return Optional.of("nobody has decided there");
    }
    Logbook.Decision decision = newest.get();
    String said = "%s by %s, %s".formatted(decision.what(), decision.who(), decision.decided());
    if (forward(task).stream().noneMatch(word -> says(decision.what(), word))) {
      return Optional.of(said);
    }
    return logbook.stepsSinceDecision(migration, task).stream()
        .filter(since -> asksAgain(ways, since, step, task))
        .reduce((older, newer) -> newer)
        .map(since -> "%s; \"%s\" has begun since".formatted(said, ways.name(since)));
  }

  private static List<String> forward(String task) {
    return Optional.ofNullable(FORWARD.get(task))
        .orElseThrow(
            () -> new IllegalStateException("no decision of " + task + " is known to lead on"));
  }

  /** A decision may say more behind its word, such as a time. */
  private static boolean says(String decided, String word) {
    return decided.equals(word) || decided.startsWith(word + ",");
  }

  /** Whether a token that was at one step comes to another only if the task is asked again. */
  private static boolean asksAgain(Ways ways, String since, String step, String task) {
    Optional<String> root = ways.rootOf(since);
    if (root.isEmpty() || ways.leads(since, step, task)) {
      return false;
    }
    // A step that a rollback has overtaken may be noted behind the wish for it.
    return ways.rootOf(step).equals(root) || ways.interrupts(root.get());
  }

  private static void refuse(Ways ways, String step, String expected, String task, String found) {
    StepFailure refused =
        new Refused(
            "\"%s\" (%s) begins behind \"%s\"".formatted(ways.name(step), step, ways.name(task)),
            expected,
            found + "; no machine was touched",
            "somebody has led the migration past that decision: move it back to before \"%s\" (%s)"
                    .formatted(ways.name(task), task)
                + ", where it is asked again, or roll it back");
    LOG.error("{}", refused.getMessage());
    throw refused;
  }
}
