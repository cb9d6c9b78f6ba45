package io.pryv.migration.engine;

import java.util.Set;
import org.camunda.bpm.engine.impl.bpmn.parser.BpmnParse;
import org.camunda.bpm.engine.impl.bpmn.parser.BpmnParser;
import org.camunda.bpm.engine.impl.util.xml.Element;

/**
 * Reads a process only if it says nothing that ours do not say: no script, no class, no shell task,
 * no connector, no call of something else. This holds for what is deployed and for what is found
 * deployed in the database. A new element or attribute of a diagram is added here, once it is clear
 * that it runs nobody else's code.
 */
final class DiagramVocabulary extends BpmnParse {

  private static final String BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL";
  private static final String CAMUNDA = "http://camunda.org/schema/1.0/bpmn";

  /** Where something is drawn, and what the modeler notes for itself: nothing that is executed. */
  private static final Set<String> DRAWING =
      Set.of(
          "http://www.omg.org/spec/BPMN/20100524/DI",
          "http://www.omg.org/spec/DD/20100524/DC",
          "http://www.omg.org/spec/DD/20100524/DI");

  private static final Set<String> NOTES =
      Set.of("http://camunda.org/schema/modeler/1.0", "http://www.w3.org/2001/XMLSchema-instance");

  private static final Set<String> BPMN_ELEMENTS =
      Set.of(
          "boundaryEvent",
          "condition",
          "conditionExpression",
          "conditionalEventDefinition",
          "definitions",
          "documentation",
          "endEvent",
          "error",
          "errorEventDefinition",
          "exclusiveGateway",
          "extensionElements",
          "incoming",
          "intermediateCatchEvent",
          "outgoing",
          "process",
          "sequenceFlow",
          "serviceTask",
          "startEvent",
          "subProcess",
          "timeDate",
          "timeDuration",
          "timerEventDefinition",
          "userTask");

  private static final Set<String> CAMUNDA_ELEMENTS =
      Set.of("executionListener", "failedJobRetryTimeCycle", "taskListener");

  private static final Set<String> CAMUNDA_ATTRIBUTES =
      Set.of(
          "assignee",
          "asyncAfter",
          "asyncBefore",
          "candidateGroups",
          "candidateStarterGroups",
          "delegateExpression",
          "dueDate",
          "errorMessageVariable",
          "exclusive",
          "formRef",
          "formRefBinding",
          "historyTimeToLive",
          "initiator",
          "variableEvents",
          "variableName",
          "versionTag");

  /** A listener's attributes have no namespace: these may stand there. */
  private static final Set<String> OF_LISTENERS = Set.of("event", "expression");

  DiagramVocabulary(BpmnParser parser) {
    super(parser);
  }

  @Override
  protected void parseRootElement() {
    look(rootElement);
    if (!hasErrors()) {
      super.parseRootElement();
    }
  }

  private void look(Element element) {
    if (DRAWING.contains(element.getUri())) {
      return;
    }
    boolean ofCamunda = CAMUNDA.equals(element.getUri());
    if (!(ofCamunda ? CAMUNDA_ELEMENTS : BPMN_ELEMENTS).contains(element.getTagName())
        || !(ofCamunda || BPMN.equals(element.getUri()))) {
      refuse(element, "<" + element.getTagName() + ">");
    }
    for (String attribute : element.attributes()) {
      int colon = attribute.lastIndexOf(':');
      String name = attribute.substring(colon + 1);
      String namespace = colon < 0 ? "" : attribute.substring(0, colon);
      boolean known =
          namespace.isEmpty()
              ? !ofCamunda || OF_LISTENERS.contains(name)
              : CAMUNDA.equals(namespace)
                  ? CAMUNDA_ATTRIBUTES.contains(name)
                  : NOTES.contains(namespace) || namespace.equals("xmlns");
      if (!known) {
        refuse(element, "attribute " + name + " of <" + element.getTagName() + ">");
      }
    }
    element.elements().forEach(this::look);
  }

  private void refuse(Element element, String what) {
    addError("refused: no process of this program has the " + what, element);
  }
}
