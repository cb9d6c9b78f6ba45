package io.pryv.migration.process;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.camunda.bpm.engine.OptimisticLockingException;
import org.camunda.bpm.engine.delegate.DelegateExecution;
import org.camunda.bpm.engine.delegate.JavaDelegate;
import org.camunda.bpm.model.bpmn.Bpmn;
import org.camunda.bpm.model.bpmn.instance.ServiceTask;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanPostProcessor;

/**
 * Runs every step twice in a row, in the first migration that passes it: the first time its work is
 * done and its transaction is not committed, as if the program had died in between; the second time
 * it must find that out, change nothing, and say so. What a step did otherwise is told by {@link
 * #troubles}, and a step of the diagrams that was never met by {@link #neverRun}. A new step needs
 * a migration that passes it, nothing else.
 */
final class EveryStepTwice implements BeanPostProcessor {

  /**
   * What a second run does all the same, since it proves anew what it once made. Nothing of it
   * outlasts the proof; each stands in the journal because it is said to a Redis or run in a
   * container.
   */
  private static final Map<String, String> PROOFS =
      Map.ofEntries(
          Map.entry("fenceDest", "Redis: fence it \\(min-slaves-to-write was 99, .*"),
          Map.entry(
              "launchDest",
              "(ask .* by a second nginx in .*, for a moment|test the new site file in .*, in its"
                  + " /tmp)"),
          Map.entry("stopWrites", "Redis: fence it \\(min-slaves-to-write was 99, .*"),
          Map.entry("leadClients", "Redis: (SET|DEL) rm\\w+:server"),
          Map.entry("reloadProxy", "Redis: (SET|DEL) rm\\w+:server"),
          Map.entry("followDest", "Redis: (SET|DEL) register-migration:.*:followed"),
          Map.entry("prepareReturn", "test the new site file in .*, in its /tmp"),
          Map.entry("prepareWindow", "test the new site file in .*, in its /tmp"),
          Map.entry("proveAsBefore", "Redis: (SET|DEL) rm\\w+:server"),
          Map.entry("proveCopy", "note that the data is proven"),
          Map.entry("rehearseWindow", "test the new site file in .*, in its /tmp"),
          Map.entry("returnProxy", "Redis: (SET|DEL) rm\\w+:server"));

  /** What is tried again at each run for as long as it fails: a dest that does not start. */
  private static final Map<String, String> TRIES =
      Map.of("putSourceBack", "start what does not run of the services");

  /** Steps that attach to a job on a machine: what they tell is its result, at every run. */
  private static final Set<String> ATTACHED = Set.of("backUp", "bulkSync", "preSync", "lastSync");

  /** Steps that no migration here passes, and the test that runs twice what they do. */
  private static final Map<String, String> ELSEWHERE =
      Map.ofEntries(
          Map.entry(
              "fenceSource", "io.pryv.migration.services.SourceFenceTest#aSecondRunChangesNothing"),
          Map.entry(
              "standBehindDest",
              "io.pryv.migration.services.StartTest#aSourceThatSomebodyStoppedIsStartedBehindItsProxy"),
          Map.entry(
              "askForRollback",
              "io.pryv.migration.process.MigrationPaths#aSecondRollbackAndOneOfAnEndedMigrationAreRefused"),
          Map.entry(
              "openTunnelToSource",
              "io.pryv.migration.replication.FollowSourceTest#theKeyReachesSourcesContainerAndTellsWhereItIs"),
          Map.entry(
              "followSource",
              "io.pryv.migration.replication.FollowSourceTest#aDestWhoseRedisWasStartedAgainFollowsAgainThroughATunnelThatIsOpenedAgain"),
          Map.entry(
              "leaveSource",
              "io.pryv.migration.replication.FollowSourceTest#destHoldsWhatSourceHoldsAndRefusesWritesWhateverItsRole"),
          Map.entry(
              "prepareSwitchSite",
              "io.pryv.migration.proxy.RetryLocationTest#nginxWorksByTheNewFileAndByNoOtherAndAfterwardsByTheOldOneAgain"),
          Map.entry(
              "putRetryIn",
              "io.pryv.migration.proxy.RetryLocationTest#nginxWorksByTheNewFileAndByNoOtherAndAfterwardsByTheOldOneAgain"),
          Map.entry(
              "takeRetryOut",
              "io.pryv.migration.proxy.RetryLocationTest#nginxWorksByTheNewFileAndByNoOtherAndAfterwardsByTheOldOneAgain"),
          Map.entry(
              "listRefusedWrites",
              "io.pryv.migration.proxy.RetryLocationTest#theLogOfWhatWasNotAskedAgainLeavesTheContainerAndIsReadAgainByARerun"),
          Map.entry(
              "measureSwitch",
              "io.pryv.migration.cutover.SwitchTest#itIsSwitchedOnceAndToldAgainToWhoeverLooksLater"),
          Map.entry(
              "switchOver",
              "io.pryv.migration.cutover.SwitchTest#itIsSwitchedOnceAndToldAgainToWhoeverLooksLater"),
          Map.entry(
              "seeDestServes",
              "io.pryv.migration.services.MachinesAheadTest#aDestThatFollowsIsSeenToServeByItsAnswersAloneAndNothingIsChanged"));

  private final Supplier<Object> machines;
  private final ObjectProvider<Logbook> logbook;
  private final Map<String, Left> pending = new ConcurrentHashMap<>();
  private final Map<String, String> troubles = new TreeMap<>();
  private final Set<String> run = new TreeSet<>();

  /**
   * What the first run left.
   *
   * @param machines how the machines are
   * @param changes what the step has in the journal
   * @param acted whether any of that came from the first run
   * @param said what it told
   */
  private record Left(Object machines, List<String> changes, boolean acted, String said) {}

  /**
   * @param machines how the machines are now, in any form that can be compared
   */
  EveryStepTwice(Supplier<Object> machines, ObjectProvider<Logbook> logbook) {
    this.machines = machines;
    this.logbook = logbook;
  }

  @Override
  public Object postProcessAfterInitialization(Object bean, String name) {
    return bean instanceof JavaDelegate step
        ? (JavaDelegate) execution -> twice(name, step, execution)
        : bean;
  }

  private void twice(String bean, JavaDelegate step, DelegateExecution execution) throws Exception {
    String id = execution.getCurrentActivityId();
    String key = execution.getProcessInstanceId() + " " + id;
    if (!isJob((ServiceTask) execution.getBpmnModelElementInstance())
        || (wasRun(bean) && !pending.containsKey(key))) {
      step.execute(execution);
      return;
    }
    Left left = pending.remove(key);
    int before = changes(execution.getProcessInstanceId(), id).size();
    step.execute(execution);
    List<String> changes = changes(execution.getProcessInstanceId(), id);
    Left now =
        new Left(
            machines.get(),
            changes,
            changes.size() > before,
            logbook.getObject().steps(execution.getProcessInstanceId()).stream()
                .reduce((one, later) -> later)
                .map(Logbook.StepRun::said)
                .orElse(""));
    if (left == null) {
      pending.put(key, now);
      throw new OptimisticLockingException("as if the program had died before its commit");
    }
    List<String> again =
        now.changes().subList(left.changes().size(), now.changes().size()).stream()
            .filter(change -> !change.matches(PROOFS.getOrDefault(id, "")))
            .filter(change -> !change.equals(TRIES.getOrDefault(id, "")))
            .toList();
    synchronized (this) {
      run.add(bean);
      if (!again.isEmpty()) {
        troubles.put(id, "changed something again: " + again);
      } else if (!now.machines().equals(left.machines())) {
        troubles.put(id, "left other files the second time");
      } else if (left.acted() && owesAlreadyDone(id) && !now.said().startsWith("already done")) {
        troubles.put(id, "had nothing to do the second time, and said: " + now.said());
      }
    }
  }

  private synchronized boolean wasRun(String bean) {
    return run.contains(bean);
  }

  private static boolean owesAlreadyDone(String step) {
    return !PROOFS.containsKey(step) && !ATTACHED.contains(step);
  }

  /** What runs in the transaction of somebody's request is as if never asked for when it fails. */
  private static boolean isJob(ServiceTask step) {
    return step.isCamundaAsyncBefore();
  }

  private List<String> changes(String migration, String step) {
    return logbook.getObject().changes(migration).stream()
        .filter(change -> change.step().equals(step))
        .map(change -> change.purpose() + change.path())
        .toList();
  }

  /** What steps did at their second run, by step. */
  synchronized Map<String, String> troubles() {
    return new TreeMap<>(troubles);
  }

  /** The beans of the diagrams' steps that neither a migration nor another test has run twice. */
  synchronized Set<String> neverRun() {
    Set<String> missing = new TreeSet<>();
    Stream.of("register-migration", "roll-back").forEach(name -> missing.addAll(beans(name)));
    missing.removeAll(run);
    missing.removeIf(bean -> isATest(ELSEWHERE.getOrDefault(bean, "")));
    return missing;
  }

  private static boolean isATest(String named) {
    String[] parts = named.split("#", -1);
    try {
      return parts.length == 2
          && Stream.of(Class.forName(parts[0]).getDeclaredMethods())
              .anyMatch(method -> method.getName().equals(parts[1]));
    } catch (ClassNotFoundException gone) {
      return false;
    }
  }

  private static List<String> beans(String diagram) {
    try (InputStream file =
        EveryStepTwice.class.getResourceAsStream("/bpmn/" + diagram + ".bpmn")) {
      return Bpmn.readModelFromStream(file).getModelElementsByType(ServiceTask.class).stream()
          .filter(EveryStepTwice::isJob)
          .map(step -> step.getCamundaDelegateExpression().replaceAll("[${}]", ""))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
