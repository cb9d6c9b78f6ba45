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
import java.util.regex.Pattern;
import org.yaml.snakeyaml.DumperOptions.FlowStyle;
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

  private static final int REDIS_PORT = 6379;
  private static final Pattern SHARED = Pattern.compile("[&*][A-Za-z0-9_-]|<<");
  private static final String BY_HAND =
      "add - "
          + ITEM
          + " to the ports of service redis by hand (once the services are stopped), then retry: it"
          + " is taken as it is";

  private ComposeFile() {}

  /** Whether Redis is reachable at 127.0.0.1:6379 of the host, with the containers made anew. */
  public static boolean publishesRedisOnLoopback(String text) {
    return redis(services(text)).published().stream()
        .anyMatch(port -> port.leadsTo(REDIS_PORT, REDIS_PORT));
  }

  /**
   * The file with Redis published at 127.0.0.1:6379; the same text if it is already.
   *
   * @throws UnexpectedText when the file has no service {@code redis}, or has a shape that can't be
   *     edited safely
   */
  public static String publishRedisOnLoopback(String text) {
    refuseWhatIsNotUnderstood(text);
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

  /**
   * Looks for whoever else has the port that Redis is to have.
   *
   * @param text of a compose file, or what {@code compose config} makes of it
   * @throws UnexpectedText when somebody has
   */
  public static void refuseOtherClaims(String text) {
    List<String> claims = services(text).claimsOfLoopback(REDIS_PORT, REDIS);
    if (!claims.isEmpty()) {
      throw new UnexpectedText(
          "port 6379 of the host's loopback free, or leading to 6379 of service redis",
          String.join(", ", claims),
          "let that one have another port or address of the host, then retry");
    }
  }

  private static void refuseWhatIsNotUnderstood(String text) {
    refuseOtherClaims(text);
    ComposeServices.Service redis = redis(services(text));
    if (!Set.of("", "bridge").contains(redis.networkMode())) {
      throw new UnexpectedText(
          "a service redis with a network of its own",
          "network_mode: " + redis.networkMode() + ", where no port can be published",
          "give it networks, as the vendor's template does, then retry");
    }
    List<String> unknown =
        redis.published().stream()
            .filter(port -> !port.understood())
            .map(ComposeServices.Published::text)
            .toList();
    if (!unknown.isEmpty()) {
      throw new UnexpectedText(
          "ports of service redis as numbers",
          String.join(", ", unknown),
          "write the numbers out: what a variable says depends on who calls compose. Then retry");
    }
  }

  private static ComposeServices services(String text) {
    try {
      return ComposeServices.parse(text);
    } catch (IllegalArgumentException e) {
      throw new UnexpectedText(
          "a docker-compose file of version 2 or 3",
          e.getMessage(),
          "run docker-compose config on it, correct it, then retry");
    }
  }

  private static ComposeServices.Service redis(ComposeServices services) {
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
      // Not where the mapping begins: that may be an anchor behind the service's name.
      Place first = Place.of(redis.getValue().get(0).getKeyNode(), text);
      String indent = " ".repeat(first.column());
      lines.set(
          first.line(),
          LineMarks.added(indent + "ports:", lineEnd)
              + LineMarks.added(indent + "  - " + ITEM, lineEnd)
              + lines.get(first.line()));
      return String.join("", lines);
    }
    Node value = ports.get().getValueNode();
    Place key = Place.of(ports.get().getKeyNode(), text);
    if (value instanceof SequenceNode sequence && sequence.getFlowStyle() == FlowStyle.BLOCK) {
      int first = Place.of(sequence.getValue().get(0), text).line();
      String indent = lines.get(first).replaceFirst("(?s)-.*", "");
      if (!indent.isBlank()) {
        throw unsafe(null);
      }
      lines.set(first, LineMarks.added(indent + "- " + ITEM, lineEnd) + lines.get(first));
    } else if (value instanceof SequenceNode sequence) {
      Place begin = Place.of(value, text);
      String old = lines.get(begin.line());
      int behindBracket = old.indexOf('[', begin.column()) + 1;
      if (behindBracket == 0) {
        throw unsafe(null);
      }
      String item = ITEM + (sequence.getValue().isEmpty() ? "" : ", ");
      replace(
          lines,
          begin.line(),
          lineEnd,
          old.substring(0, behindBracket) + item + old.substring(behindBracket));
    } else {
      String indent = " ".repeat(key.column());
      replace(lines, key.line(), lineEnd, indent + "ports:", indent + "  - " + ITEM);
    }
    return String.join("", lines);
  }

  /**
   * Where a node begins, by lines that end with a newline: YAML counts others, too, such as a lone
   * carriage return in a comment.
   */
  private record Place(int line, int column) {

    static Place of(Node node, String text) {
      int at = text.offsetByCodePoints(0, node.getStartMark().getIndex());
      String before = text.substring(0, at);
      return new Place(
          (int) before.chars().filter(c -> c == '\n').count(), at - (before.lastIndexOf('\n') + 1));
    }
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
      Node root = new Yaml(ComposeServices.options()).compose(new StringReader(text));
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
      throw SHARED.matcher(text).find()
          ? new UnexpectedText(
              "ports of service redis that no other place of the file shares",
              "YAML anchors or merged mappings (&, *, <<), by which the new port would come or go"
                  + " elsewhere, too",
              BY_HAND)
          : unsafe(null);
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
            BY_HAND);
    if (cause != null) {
      refusal.initCause(cause);
    }
    return refusal;
  }
}
