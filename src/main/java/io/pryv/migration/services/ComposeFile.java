package io.pryv.migration.services;

import io.pryv.migration.machine.LineMarks;
import io.pryv.migration.machine.UnexpectedText;
import io.pryv.migration.platform.ComposeServices;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.yaml.snakeyaml.DumperOptions.FlowStyle;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

/**
 * Dest's compose file, and the edit that publishes its Redis to dest's own loopback (procedure,
 * "Set the source register as replica", step 1). The text is edited, so that comments stay; then
 * both texts are parsed to prove that this port is all that changed.
 */
public final class ComposeFile {

  private static final String PORT = "127.0.0.1:6379:6379";
  private static final String REDIS = "redis";
  private static final String ITEM = "\"" + PORT + "\"";

  /** Ways to publish 6379 that the loopback can use already. */
  private static final Set<String> PUBLISHED =
      Set.of(PORT, "6379:6379", "0.0.0.0:6379:6379", "localhost:6379:6379");

  private ComposeFile() {}

  /** Whether Redis is reachable at 127.0.0.1:6379 of the host, with the containers made anew. */
  public static boolean publishesRedisOnLoopback(String text) {
    return redis(text).ports().stream()
        .map(port -> port.replaceFirst("/tcp$", ""))
        .anyMatch(PUBLISHED::contains);
  }

  /**
   * The file with Redis published at 127.0.0.1:6379; the same text if it is already.
   *
   * @throws UnexpectedText when the file has no service {@code redis}, or has a shape that can't be
   *     edited safely
   */
  public static String publishRedisOnLoopback(String text) {
    if (publishesRedisOnLoopback(text)) {
      return text;
    }
    String edited = edit(text, redisNode(text));
    prove(text, edited);
    return edited;
  }

  /** The file as it was before {@link #publishRedisOnLoopback}, to the byte. */
  public static String undo(String text) {
    return LineMarks.undo(text);
  }

  private static ComposeServices.Service redis(String text) {
    ComposeServices services;
    try {
      services = ComposeServices.parse(text);
    } catch (IllegalArgumentException e) {
      throw new UnexpectedText(
          "a docker-compose file of version 2 or 3",
          e.getMessage(),
          "run docker-compose config on it, correct it, then retry");
    }
    return services
        .service(REDIS)
        .orElseThrow(
            () ->
                new UnexpectedText(
                    "a service named " + REDIS,
                    "services " + String.join(", ", services.names()),
                    "see that confRoot in the platform file is that of a register"));
  }

  private static String edit(String text, MappingNode redis) {
    List<String> lines = LineMarks.lines(text);
    String lineEnd = LineMarks.lineEnd(text);
    Optional<NodeTuple> ports = property(redis, "ports");
    if (ports.isEmpty()) {
      int first = redis.getStartMark().getLine();
      String indent = " ".repeat(redis.getStartMark().getColumn());
      lines.set(
          first,
          LineMarks.added(indent + "ports:", lineEnd)
              + LineMarks.added(indent + "  - " + ITEM, lineEnd)
              + lines.get(first));
      return String.join("", lines);
    }
    Node value = ports.get().getValueNode();
    int keyLine = ports.get().getKeyNode().getStartMark().getLine();
    if (value instanceof SequenceNode sequence && sequence.getFlowStyle() == FlowStyle.BLOCK) {
      int first = value.getStartMark().getLine();
      String indent = " ".repeat(value.getStartMark().getColumn());
      lines.set(first, LineMarks.added(indent + "- " + ITEM, lineEnd) + lines.get(first));
    } else if (value instanceof SequenceNode sequence) {
      int line = value.getStartMark().getLine();
      int behindBracket = value.getStartMark().getColumn() + 1;
      String old = lines.get(line);
      String item = ITEM + (sequence.getValue().isEmpty() ? "" : ", ");
      replace(
          lines,
          line,
          lineEnd,
          old.substring(0, behindBracket) + item + old.substring(behindBracket));
    } else {
      int column = ports.get().getKeyNode().getStartMark().getColumn();
      String indent = " ".repeat(column);
      replace(lines, keyLine, lineEnd, indent + "ports:", indent + "  - " + ITEM);
    }
    return String.join("", lines);
  }

  /** Old line as a comment with the new ones below, or above where it is the last without end. */
  private static void replace(List<String> lines, int index, String lineEnd, String... newLines) {
    String old = lines.get(index);
    StringBuilder added = new StringBuilder();
    for (String line : newLines) {
      added.append(LineMarks.added(line.stripTrailing(), lineEnd));
    }
    lines.set(index, old.endsWith("\n") ? LineMarks.was(old) + added : added + LineMarks.was(old));
  }

  private static MappingNode redisNode(String text) {
    try {
      Node root = new Yaml(new LoaderOptions()).compose(new StringReader(text));
      Optional<Node> redis = value(root, "services").flatMap(services -> value(services, REDIS));
      if (redis.isPresent()
          && redis.get() instanceof MappingNode mapping
          && mapping.getFlowStyle() == FlowStyle.BLOCK) {
        return mapping;
      }
    } catch (YAMLException e) {
      throw unsafe(e);
    }
    throw unsafe(null);
  }

  private static Optional<Node> value(Node node, String name) {
    return node instanceof MappingNode mapping
        ? property(mapping, name).map(NodeTuple::getValueNode)
        : Optional.empty();
  }

  private static Optional<NodeTuple> property(MappingNode mapping, String name) {
    return mapping.getValue().stream()
        .filter(
            tuple -> tuple.getKeyNode() instanceof ScalarNode key && key.getValue().equals(name))
        .findFirst();
  }

  /**
   * The edited file must load as the old one with this one port more, and be undone to the byte.
   */
  private static void prove(String text, String edited) {
    Map<?, ?> after;
    try {
      after = ComposeServices.load(edited);
    } catch (IllegalArgumentException e) {
      throw unsafe(e);
    }
    if (!after.equals(withPort(ComposeServices.load(text))) || !undo(edited).equals(text)) {
      throw unsafe(null);
    }
  }

  private static Map<?, ?> withPort(Map<?, ?> file) {
    Map<Object, Object> changed = new LinkedHashMap<>(file);
    Map<Object, Object> services = new LinkedHashMap<>((Map<?, ?>) file.get("services"));
    Map<Object, Object> redis = new LinkedHashMap<>((Map<?, ?>) services.get(REDIS));
    List<Object> ports = new ArrayList<>(List.of(PORT));
    if (redis.get("ports") instanceof List<?> existing) {
      ports.addAll(existing);
    }
    redis.put("ports", ports);
    services.put(REDIS, redis);
    changed.put("services", services);
    return changed;
  }

  private static UnexpectedText unsafe(Exception cause) {
    UnexpectedText refusal =
        new UnexpectedText(
            "a service redis of its own, in block style, to which a port can be added",
            "a shape this edit is not safe for"
                + (cause == null ? "" : ": " + cause.getMessage().strip()),
            "add - "
                + ITEM
                + " to the ports of service redis by hand (once the services are stopped), then"
                + " retry: it is taken as it is");
    if (cause != null) {
      refusal.initCause(cause);
    }
    return refusal;
  }
}
