package io.pryv.migration.process;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;
import org.camunda.bpm.engine.RuntimeService;
import org.camunda.bpm.engine.runtime.ActivityInstance;

/** Where migrations stand. */
final class Executions {

  private Executions() {}

  /** An execution, and the step, task or event at which it stands. */
  private record Standing(String activity, String execution) {}

  /**
   * The execution that stands at an activity, to which an incident belongs; of several the one that
   * is first in the alphabet, so that each look finds the same.
   */
  static Optional<String> leaf(RuntimeService runtime, String migration) {
    return Optional.ofNullable(runtime.getActivityInstance(migration)).stream()
        .flatMap(Executions::standing)
        .min(Comparator.comparing(Standing::activity).thenComparing(Standing::execution))
        .map(Standing::execution);
  }

  private static Stream<Standing> standing(ActivityInstance within) {
    Stream<Standing> waiting =
        Arrays.stream(within.getChildTransitionInstances())
            .map(each -> new Standing(each.getActivityId(), each.getExecutionId()));
    Stream<Standing> inside =
        Arrays.stream(within.getChildActivityInstances())
            .flatMap(
                each ->
                    each.getChildActivityInstances().length == 0
                            && each.getChildTransitionInstances().length == 0
                        ? Arrays.stream(each.getExecutionIds())
                            .map(execution -> new Standing(each.getActivityId(), execution))
                        : standing(each));
    return Stream.concat(waiting, inside);
  }
}
