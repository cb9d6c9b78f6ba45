package io.pryv.lab.faults;

import io.pryv.lab.faults.Step.Part;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/**
 * The steps, read from the diagram, in the order of the good path; those of the way back come last.
 */
final class ProcessSteps {

  private static final String BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL";

  private final Map<String, Element> nodes = new HashMap<>();
  private final Map<String, List<String>> following = new HashMap<>();

  private ProcessSteps(Document diagram) {
    NodeList all = diagram.getElementsByTagNameNS(BPMN, "*");
    for (int i = 0; i < all.getLength(); i++) {
      Element element = (Element) all.item(i);
      if (element.getLocalName().equals("sequenceFlow")) {
        following
            .computeIfAbsent(element.getAttribute("sourceRef"), from -> new ArrayList<>())
            .add(element.getAttribute("targetRef"));
      } else if (!element.getAttribute("id").isEmpty()) {
        nodes.put(element.getAttribute("id"), element);
      }
    }
  }

  /** Reads the diagram. */
  static List<Step> of(Path bpmn) throws IOException {
    try {
      DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
      factory.setNamespaceAware(true);
      factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
      return new ProcessSteps(factory.newDocumentBuilder().parse(bpmn.toFile())).steps();
    } catch (ParserConfigurationException | SAXException e) {
      throw new IOException(bpmn + " can't be read: " + e.getMessage(), e);
    }
  }

  private List<Step> steps() {
    List<String> goodPath = walk(process());
    Set<String> beforeNameServers = new HashSet<>();
    for (String id : goodPath) {
      beforeNameServers.add(id);
      if (id.equals(Known.NAME_SERVERS)) {
        break;
      }
    }
    Set<String> beforeWindow = new HashSet<>();
    for (String id : goodPath) {
      if (id.equals(Known.WINDOW)) {
        break;
      }
      beforeWindow.add(id);
    }
    List<Step> steps = new ArrayList<>();
    for (String id : goodPath) {
      if (is("serviceTask").test(nodes.get(id))) {
        Part part =
            Known.switches(id)
                ? Part.SWITCH
                : id.equals(Known.UNDONE) || Known.rehearses(id)
                    ? Part.BACK
                    : beforeWindow.contains(id)
                        ? Part.PREPARE
                        : inside(id, Known.WINDOW)
                            ? Part.WINDOW
                            : beforeNameServers.contains(id) ? Part.AFTER : Part.MOVED;
        steps.add(step(id, part));
      }
    }
    NodeList tasks = process().getElementsByTagNameNS(BPMN, "serviceTask");
    for (int i = 0; i < tasks.getLength(); i++) {
      String id = ((Element) tasks.item(i)).getAttribute("id");
      if (!goodPath.contains(id)) {
        steps.add(step(id, Part.BACK));
      }
    }
    return steps;
  }

  private Step step(String id, Part part) {
    return new Step(id, nodes.get(id).getAttribute("name"), part);
  }

  private Element process() {
    return nodes.values().stream().filter(is("process")).findFirst().orElseThrow();
  }

  /**
   * Whatever can be reached from the scope's own start event, each node after those that lead to
   * it, subprocesses entered. Boundary events and event subprocesses have no flow that leads to
   * them. What lies behind a task for people that no good path meets (something to mend) is left
   * out with it.
   */
  private List<String> walk(Element scope) {
    List<String> order = new ArrayList<>();
    start(scope).ifPresent(start -> visit(start, new HashSet<>(), order));
    return order;
  }

  /** Depth first; whoever has been seen through stands before all who were seen through earlier. */
  private void visit(String id, Set<String> seen, List<String> order) {
    if (id.equals(Known.MEND) || !seen.add(id)) {
      return;
    }
    for (String next : following.getOrDefault(id, List.of())) {
      visit(next, seen, order);
    }
    Element node = nodes.get(id);
    if (is("subProcess").test(node)) {
      order.addAll(0, walk(node));
    }
    order.add(0, id);
  }

  private Optional<String> start(Element scope) {
    for (Node child = scope.getFirstChild(); child != null; child = child.getNextSibling()) {
      if (child instanceof Element element && element.getLocalName().equals("startEvent")) {
        return Optional.of(element.getAttribute("id"));
      }
    }
    return Optional.empty();
  }

  private boolean inside(String id, String scope) {
    Node node = nodes.get(id);
    while (node instanceof Element element) {
      if (element.getAttribute("id").equals(scope)) {
        return true;
      }
      node = node.getParentNode();
    }
    return false;
  }

  private static Predicate<Element> is(String kind) {
    return element -> element.getLocalName().equals(kind);
  }
}
