package io.pryv.migration.process;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.TreeSet;
import org.camunda.bpm.model.bpmn.Bpmn;
import org.camunda.bpm.model.bpmn.instance.FlowNode;
import org.camunda.bpm.model.xml.instance.ModelElementInstance;

/** The process as it is drawn. */
final class Diagram {

  private Diagram() {}

  static String xml() {
    try (InputStream file = Diagram.class.getResourceAsStream("/bpmn/register-migration.bpmn")) {
      return new String(file.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The element of that id. */
  static ModelElementInstance element(String id) {
    return Bpmn.readModelFromStream(
            Diagram.class.getResourceAsStream("/bpmn/register-migration.bpmn"))
        .getModelElementById(id);
  }

  /** Ids of everything a migration can pass: tasks, gateways, events, subprocesses. */
  static Set<String> nodes() {
    Set<String> ids = new TreeSet<>();
    Bpmn.readModelFromStream(Diagram.class.getResourceAsStream("/bpmn/register-migration.bpmn"))
        .getModelElementsByType(FlowNode.class)
        .forEach(node -> ids.add(node.getId()));
    return ids;
  }
}
