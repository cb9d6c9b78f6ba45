package io.pryv.migration.process;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.camunda.bpm.model.bpmn.BpmnModelInstance;
import org.camunda.bpm.model.bpmn.instance.BoundaryEvent;
import org.camunda.bpm.model.bpmn.instance.EndEvent;
import org.camunda.bpm.model.bpmn.instance.FlowNode;
import org.camunda.bpm.model.bpmn.instance.Process;
import org.camunda.bpm.model.bpmn.instance.SequenceFlow;
import org.camunda.bpm.model.bpmn.instance.StartEvent;
import org.camunda.bpm.model.bpmn.instance.SubProcess;
import org.camunda.bpm.model.bpmn.instance.UserTask;
import org.camunda.bpm.model.xml.instance.ModelElementInstance;

/**
 * Where a token can go in a diagram, from its start and from the start of each event subprocess.
 * What only an alarm beside the steps leads to is no way.
 */
final class Ways {

  private static final String OUT_OF = "out of ";

  private final Map<String, Set<String>> next = new HashMap<>();
  private final Map<String, String> names = new HashMap<>();
  private final List<String> roots;
  private final Set<String> interrupting;
  private final Set<String> asking;

  /** Reads a diagram. */
  Ways(BpmnModelInstance diagram) {
    Collection<FlowNode> nodes = diagram.getModelElementsByType(FlowNode.class);
    for (FlowNode node : nodes) {
      names.put(node.getId(), Optional.ofNullable(node.getName()).orElse(node.getId()));
      inAndOut(node);
    }
    for (SequenceFlow flow : diagram.getModelElementsByType(SequenceFlow.class)) {
      FlowNode from = flow.getSource();
      way(from instanceof SubProcess ? OUT_OF + from.getId() : from.getId(), flow.getTarget());
    }
    for (BoundaryEvent event : diagram.getModelElementsByType(BoundaryEvent.class)) {
      if (event.cancelActivity()) {
        nodes.stream()
            .filter(node -> node.equals(event.getAttachedTo()) || within(node, event))
            .forEach(node -> way(node.getId(), event));
      }
    }
    List<StartEvent> starts =
        diagram.getModelElementsByType(StartEvent.class).stream()
            .filter(start -> isRoot(start.getParentElement()))
            .toList();
    roots = starts.stream().map(StartEvent::getId).toList();
    interrupting =
        starts.stream()
            .filter(start -> start.getParentElement() instanceof SubProcess)
            .map(StartEvent::getId)
            .collect(Collectors.toSet());
    asking =
        diagram.getModelElementsByType(UserTask.class).stream()
            .map(UserTask::getId)
            .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  private void inAndOut(FlowNode node) {
    if (node instanceof StartEvent
        && node.getParentElement() instanceof SubProcess around
        && !around.triggeredByEvent()) {
      way(around.getId(), node);
    } else if (node instanceof EndEvent && node.getParentElement() instanceof SubProcess around) {
      next.computeIfAbsent(node.getId(), id -> new LinkedHashSet<>()).add(OUT_OF + around.getId());
    }
  }

  private void way(String from, FlowNode to) {
    next.computeIfAbsent(from, id -> new LinkedHashSet<>()).add(to.getId());
  }

  private static boolean within(FlowNode node, BoundaryEvent event) {
    ModelElementInstance around = node.getParentElement();
    while (around instanceof SubProcess) {
      if (around.equals(event.getAttachedTo())) {
        return true;
      }
      around = around.getParentElement();
    }
    return false;
  }

  private static boolean isRoot(ModelElementInstance around) {
    return around instanceof Process
        || (around instanceof SubProcess event && event.triggeredByEvent());
  }

  /** The user tasks that every way to a node passes. */
  List<String> askedBefore(String node) {
    return rootOf(node)
        .map(
            root ->
                asking.stream()
                    .filter(task -> !task.equals(node) && !reached(root, task).contains(node))
                    .toList())
        .orElse(List.of());
  }

  /** The start from which a node is reached; empty when none of the ways leads to it. */
  Optional<String> rootOf(String node) {
    return roots.stream().filter(root -> reached(root, "").contains(node)).findFirst();
  }

  /** Whether a start is that of an event subprocess, which takes the place of all else. */
  boolean interrupts(String root) {
    return interrupting.contains(root);
  }

  /** Whether a token at one node can come to another, or stay there, and not pass a third. */
  boolean leads(String from, String to, String without) {
    return reached(from, without).contains(to);
  }

  /** What the diagram calls a node. */
  String name(String node) {
    return names.getOrDefault(node, node);
  }

  private Set<String> reached(String from, String without) {
    Set<String> reached = new LinkedHashSet<>();
    Deque<String> open = new ArrayDeque<>(List.of(from));
    while (!open.isEmpty()) {
      String node = open.pop();
      if (!node.equals(without) && reached.add(node)) {
        open.addAll(new ArrayList<>(next.getOrDefault(node, Set.of())));
      }
    }
    return reached;
  }
}
