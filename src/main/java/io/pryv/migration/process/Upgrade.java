package io.pryv.migration.process;

import io.pryv.migration.engine.DiagramNeeds;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.camunda.bpm.engine.ProcessEngineException;
import org.camunda.bpm.engine.RepositoryService;
import org.camunda.bpm.engine.RuntimeService;
import org.camunda.bpm.engine.repository.ProcessDefinition;
import org.camunda.bpm.engine.runtime.ActivityInstance;
import org.camunda.bpm.engine.runtime.ProcessInstance;
import org.camunda.bpm.model.bpmn.BpmnModelInstance;
import org.camunda.bpm.model.bpmn.instance.UserTask;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.stereotype.Component;

/**
 * Migrations that were begun with the diagram of another version of this program. They go on by
 * that diagram, with the steps of this program; where they rest, they are led over to the newest
 * one.
 */
@Component
class Upgrade {

  private static final Logger LOG = LoggerFactory.getLogger(Upgrade.class);

  /** Where nothing is at work, by the engine's word for it. */
  private static final Set<String> RESTS = Set.of("userTask", "intermediateTimer");

  private final RepositoryService repository;
  private final RuntimeService runtime;
  private final DiagramNeeds needs;
  private final Standstill standstill;

  Upgrade(
      RepositoryService repository,
      RuntimeService runtime,
      DiagramNeeds needs,
      Standstill standstill) {
    this.repository = repository;
    this.runtime = runtime;
    this.needs = needs;
    this.standstill = standstill;
  }

  /**
   * Reads each diagram by which a migration runs.
   *
   * @throws UnknownDiagram when one names what this program does not have: a step would fail, in
   *     the cold window maybe, or the way back would be gone
   */
  void refuseWhatCanNotGoOn() {
    Map<ProcessDefinition, Set<String>> unmet = new LinkedHashMap<>();
    for (ProcessDefinition version : inUse()) {
      Set<String> missing = new TreeSet<>();
      try {
        // The engine's own reading, by this program's rules.
        repository.getProcessDefinition(version.getId());
        BpmnModelInstance diagram = repository.getBpmnModelInstance(version.getId());
        missing.addAll(needs.unmet(diagram));
        missing.addAll(formsMissing(version, diagram));
      } catch (ProcessEngineException unreadable) {
        missing.add("words that this program does not know: " + unreadable.getMessage());
      }
      if (!missing.isEmpty()) {
        unmet.put(version, missing);
      }
    }
    if (!unmet.isEmpty()) {
      throw new UnknownDiagram(
          unmet.entrySet().stream()
              .map(
                  one ->
                      "%s: version %d of the process, of program %s, names %s"
                          .formatted(
                              String.join(", ", running(one.getKey())),
                              one.getKey().getVersion(),
                              tag(one.getKey()),
                              String.join(", ", one.getValue())))
              .toList(),
          unmet.keySet().stream().map(Upgrade::tag).distinct().toList());
    }
  }

  /**
   * Leads migrations over to the newest diagram that wait for a person or for a time. What is at
   * work, or has failed, goes on by its own diagram, and so do all if it comes to nothing: this
   * program has taken over by then, and nobody else goes on with them.
   */
  void leadOver() {
    try {
      leadOverWhatRests();
    } catch (RuntimeException e) {
      LOG.error("migrations under way go on by the diagrams that they were begun with", e);
    }
  }

  private void leadOverWhatRests() {
    for (ProcessDefinition older : inUse()) {
      ProcessDefinition newest =
          repository
              .createProcessDefinitionQuery()
              .processDefinitionKey(older.getKey())
              .latestVersion()
              .singleResult();
      if (newest.getId().equals(older.getId())) {
        continue;
      }
      for (ProcessInstance migration : instances(older)) {
        if (standstill.byHand(migration)) {
          // The newest diagram would let it go on, and by its own dates.
          LOG.info(
              "{} was halted, or a date of it moved, by hand: it goes on by version {} of the process",
              migration.getBusinessKey(),
              older.getVersion());
        } else if (rests(migration)) {
          leadOver(migration, older, newest);
        } else {
          LOG.info(
              "{} is at work and goes on by version {} of the process",
              migration.getBusinessKey(),
              older.getVersion());
        }
      }
    }
  }

  private void leadOver(
      ProcessInstance migration, ProcessDefinition older, ProcessDefinition newest) {
    try {
      runtime
          .newMigration(
              runtime
                  .createMigrationPlan(older.getId(), newest.getId())
                  .mapEqualActivities()
                  .updateEventTriggers()
                  .build())
          .processInstanceIds(migration.getId())
          .execute();
      LOG.info(
          "{} goes on by version {} of the process, before by {}",
          migration.getBusinessKey(),
          newest.getVersion(),
          older.getVersion());
    } catch (ProcessEngineException hasNoPlaceThere) {
      LOG.warn(
          "{} goes on by version {} of the process, since where it waits there is no place in"
              + " version {}: {}",
          migration.getBusinessKey(),
          older.getVersion(),
          newest.getVersion(),
          hasNoPlaceThere.getMessage());
    }
  }

  private boolean rests(ProcessInstance migration) {
    ActivityInstance tree = runtime.getActivityInstance(migration.getId());
    return tree != null && restsBelow(tree);
  }

  private static boolean restsBelow(ActivityInstance at) {
    ActivityInstance[] within = at.getChildActivityInstances();
    return at.getChildTransitionInstances().length == 0
        && (within.length == 0
            ? RESTS.contains(at.getActivityType())
            : Stream.of(within).allMatch(Upgrade::restsBelow));
  }

  /** The versions of our processes by which something runs. */
  private List<ProcessDefinition> inUse() {
    List<ProcessDefinition> inUse = new ArrayList<>();
    for (ProcessDefinition version : repository.createProcessDefinitionQuery().list()) {
      if (!instances(version).isEmpty()) {
        inUse.add(version);
      }
    }
    return inUse;
  }

  private List<ProcessInstance> instances(ProcessDefinition version) {
    return runtime.createProcessInstanceQuery().processDefinitionId(version.getId()).list();
  }

  private List<String> running(ProcessDefinition version) {
    return instances(version).stream()
        .map(one -> "%s (%s)".formatted(one.getBusinessKey(), one.getId()))
        .toList();
  }

  private List<String> formsMissing(ProcessDefinition version, BpmnModelInstance diagram) {
    List<String> files = repository.getDeploymentResourceNames(version.getDeploymentId());
    return diagram.getModelElementsByType(UserTask.class).stream()
        .map(UserTask::getCamundaFormRef)
        .filter(form -> form != null && !files.contains(form + ".form"))
        .map(form -> "form " + form)
        .toList();
  }

  private static String tag(ProcessDefinition version) {
    return version.getVersionTag() == null ? "before 0.1.0" : version.getVersionTag();
  }

  /** Migrations run that this program could not go on with. */
  static final class UnknownDiagram extends IllegalStateException {

    private static final long serialVersionUID = 1L;
    private final List<String> programs;

    UnknownDiagram(List<String> found, List<String> programs) {
      super(
          "migrations under way: expected each to run by a diagram of which this program has every"
              + " step, method and form; found\n  "
              + String.join("\n  ", found));
      this.programs = List.copyOf(programs);
    }
  }

  /** Says so in a few lines, without stack trace. */
  static class Analyzer extends AbstractFailureAnalyzer<UnknownDiagram> {

    @Override
    protected FailureAnalysis analyze(Throwable root, UnknownDiagram cause) {
      return new FailureAnalysis(
          cause.getMessage(),
          "No migration was changed, and no machine was touched. Start program "
              + String.join(" or ", cause.programs)
              + " again and let these migrations end, or roll them back there; then start this one.",
          cause);
    }
  }
}
