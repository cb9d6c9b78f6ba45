package io.pryv.migration.platform;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * A mapping of a YAML file, read property by property. Whatever is wrong is added to the problems,
 * with the property's path and the bad value, and reading goes on, so that all is told at once.
 * Scalars are taken as they are written, so that no {@code 022} becomes 18.
 */
final class Section {

  private static final int LONGEST_VALUE_SHOWN = 80;

  private final String path;
  private final Map<String, Node> properties = new LinkedHashMap<>();
  private final Set<String> known = new LinkedHashSet<>();
  private final List<String> problems;

  Section(String path, Node node, List<String> problems) {
    this.path = path;
    this.problems = problems;
    if (node instanceof MappingNode mapping) {
      for (NodeTuple property : mapping.getValue()) {
        add(property);
      }
    } else if (!isNothing(node)) {
      problems.add(
          "%s: expected properties, found %s"
              .formatted(path.isEmpty() ? "file" : path, shown(node)));
    }
  }

  private void add(NodeTuple property) {
    if (property.getKeyNode() instanceof ScalarNode key) {
      if (properties.putIfAbsent(key.getValue(), property.getValueNode()) != null) {
        problems.add(
            "%s: expected once, found again on line %d"
                .formatted(pathOf(key.getValue()), key.getStartMark().getLine() + 1));
      }
    } else {
      problems.add(
          "%s: expected property names, found %s".formatted(path, shown(property.getKeyNode())));
    }
  }

  /** A property's text, or the default when it is absent. */
  String text(String name, Rule rule, String byDefault) {
    return value(name, rule.expected(), text -> Optional.of(text).filter(rule.allows()), byDefault);
  }

  /** A property's text; its absence is a problem. */
  String required(String name, Rule rule, String example) {
    if (!has(name)) {
      known.add(name);
      problems.add(
          "%s: expected %s, found nothing; example: %s"
              .formatted(pathOf(name), rule.expected(), example));
      return "";
    }
    return text(name, rule, "");
  }

  int number(String name, int smallest, int largest, int byDefault) {
    return value(
        name,
        "a number %d–%d".formatted(smallest, largest),
        text ->
            Optional.of(text)
                .filter(digits -> digits.matches("0|[1-9][0-9]{0,8}"))
                .map(Integer::valueOf)
                .filter(number -> number >= smallest && number <= largest),
        byDefault);
  }

  boolean flag(String name, boolean byDefault) {
    return value(
        name,
        "true or false",
        text ->
            switch (text) {
              case "true" -> Optional.of(true);
              case "false" -> Optional.of(false);
              default -> Optional.empty();
            },
        byDefault);
  }

  long bytes(String name, long byDefault) {
    return value(name, Amount.SIZE, Amount::bytes, byDefault);
  }

  Duration duration(String name, Duration shortest, Duration byDefault) {
    return value(
        name,
        Amount.DURATION + ", at least " + shortest.toString().substring(2).toLowerCase(Locale.ROOT),
        text -> Amount.duration(text).filter(duration -> duration.compareTo(shortest) >= 0),
        byDefault);
  }

  List<String> texts(String name, Rule rule, List<String> byDefault) {
    if (!has(name)) {
      known.add(name);
      return byDefault;
    }
    List<String> texts = new ArrayList<>();
    int index = 0;
    for (Node item : items(name)) {
      String at = pathOf(name) + "[" + index++ + "]";
      scalar(at, item, rule.expected(), text -> Optional.of(text).filter(rule.allows()))
          .ifPresent(texts::add);
    }
    return List.copyOf(texts);
  }

  Section section(String name) {
    known.add(name);
    return new Section(pathOf(name), properties.get(name), problems);
  }

  List<Section> sections(String name) {
    List<Section> sections = new ArrayList<>();
    for (Node item : items(name)) {
      sections.add(new Section(pathOf(name) + "[" + sections.size() + "]", item, problems));
    }
    return sections;
  }

  boolean has(String name) {
    return !isNothing(properties.get(name));
  }

  /** Every property that nobody asked for is a problem: a misspelt option must not be ignored. */
  void refuseUnknown() {
    for (Map.Entry<String, Node> property : properties.entrySet()) {
      if (!known.contains(property.getKey())) {
        problems.add(
            "%s: expected one of %s, found an unknown property on line %d"
                .formatted(
                    pathOf(property.getKey()),
                    String.join(", ", known),
                    property.getValue().getStartMark().getLine() + 1));
      }
    }
  }

  /** A problem with the property, in the words {@code expected …, found …}. */
  void problem(String name, String what) {
    problems.add(pathOf(name) + ": " + what);
  }

  String pathOf(String name) {
    return (path.isEmpty() ? "" : path + ".") + printable(name);
  }

  private List<Node> items(String name) {
    known.add(name);
    Node node = properties.get(name);
    if (isNothing(node)) {
      return List.of();
    }
    if (node instanceof SequenceNode sequence) {
      return sequence.getValue();
    }
    problems.add("%s: expected a list, found %s".formatted(pathOf(name), shown(node)));
    return List.of();
  }

  private <T> T value(
      String name, String expected, Function<String, Optional<T>> reading, T byDefault) {
    known.add(name);
    return has(name)
        ? scalar(pathOf(name), properties.get(name), expected, reading).orElse(byDefault)
        : byDefault;
  }

  private <T> Optional<T> scalar(
      String at, Node node, String expected, Function<String, Optional<T>> reading) {
    Optional<T> value =
        node instanceof ScalarNode scalar ? reading.apply(scalar.getValue()) : Optional.empty();
    if (value.isEmpty()) {
      problems.add("%s: expected %s, found %s".formatted(at, expected, shown(node)));
    }
    return value;
  }

  private static boolean isNothing(Node node) {
    return node == null || Tag.NULL.equals(node.getTag());
  }

  private static String shown(Node node) {
    if (node instanceof ScalarNode scalar) {
      return isNothing(node) ? "nothing" : "\"" + printable(scalar.getValue()) + "\"";
    }
    return node instanceof SequenceNode ? "a list" : "properties";
  }

  private static String printable(String value) {
    String cut =
        value.length() <= LONGEST_VALUE_SHOWN
            ? value
            : value.substring(0, LONGEST_VALUE_SHOWN) + "…";
    var printable = new StringBuilder();
    cut.codePoints()
        .forEach(
            character -> {
              if (Character.isISOControl(character)) {
                printable.append("\\u%04x".formatted(character));
              } else {
                printable.appendCodePoint(character);
              }
            });
    return printable.toString();
  }
}
