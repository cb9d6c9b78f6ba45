package io.pryv.migration.platform;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/**
 * The services of a docker-compose file, by name, as far as a migration must know them.
 *
 * @param services in the order of the file
 */
public record ComposeServices(List<Service> services) {

  /** More than a person writes, and few enough to be expanded. */
  private static final int MOST_ALIASES = 5000;

  /**
   * Reads a compose file of version 2 or 3.
   *
   * @throws IllegalArgumentException when it isn't one, worded for the operator
   */
  public static ComposeServices parse(String text) {
    Map<?, ?> file = load(text);
    if (!(file.get("services") instanceof Map<?, ?> services)) {
      throw new IllegalArgumentException("no services: of a compose file of version 2 or 3");
    }
    List<Service> found = new ArrayList<>();
    services.forEach(
        (name, properties) ->
            found.add(
                Service.of(
                    String.valueOf(name), properties instanceof Map<?, ?> map ? map : Map.of())));
    return new ComposeServices(List.copyOf(found));
  }

  /** The whole file as plain values; keys keep their order. */
  public static Map<?, ?> load(String text) {
    LoaderOptions strict = options();
    strict.setAllowDuplicateKeys(false);
    try {
      Object file = new Yaml(new SafeConstructor(strict)).load(text);
      if (file instanceof Map<?, ?> map) {
        return new LinkedHashMap<>(map);
      }
      throw new IllegalArgumentException("no properties");
    } catch (YAMLException e) {
      throw new IllegalArgumentException("no YAML: " + e.getMessage().strip(), e);
    }
  }

  /** How such a file is read: it may use as many aliases as compose lets it. */
  public static LoaderOptions options() {
    LoaderOptions options = new LoaderOptions();
    options.setMaxAliasesForCollections(MOST_ALIASES);
    return options;
  }

  /** The service of that name. */
  public Optional<Service> service(String name) {
    return services.stream().filter(service -> service.name().equals(name)).findFirst();
  }

  /** Names of all services. */
  public List<String> names() {
    return services.stream().map(Service::name).toList();
  }

  /**
   * Who else claims a port on the host's loopback, and so keeps a container from having it.
   *
   * @param service whose own container port is meant, and is no other
   * @return one line for each, in the words of the file
   */
  public List<String> claimsOfLoopback(int port, String service) {
    return services.stream()
        .flatMap(
            any ->
                any.published().stream()
                    .filter(published -> published.claims(port))
                    .filter(
                        published -> !any.name().equals(service) || !published.leadsTo(port, port))
                    .map(published -> published.text() + " of service " + any.name()))
        .toList();
  }

  /**
   * One service.
   *
   * @param image as the file names it, empty if it is built
   * @param containerName as the file fixes it, empty if compose makes it up
   * @param networkMode empty where it has networks of its own
   * @param command command and entry point, as far as the file sets them
   */
  public record Service(
      String name,
      String image,
      String containerName,
      String networkMode,
      String command,
      List<Mount> mounts,
      List<Published> published) {

    private static Service of(String name, Map<?, ?> properties) {
      List<Mount> mounts = new ArrayList<>();
      items(properties.get("volumes")).forEach(item -> Mount.of(item).ifPresent(mounts::add));
      Object inMemory = properties.get("tmpfs");
      for (Object path : inMemory instanceof List<?> list ? list : List.of(words(inMemory))) {
        String text = String.valueOf(path).replaceFirst(":.*", "");
        if (!text.isEmpty()) {
          mounts.add(new Mount("", Mount.bare(text), false, "a tmpfs"));
        }
      }
      return new Service(
          name,
          Objects.toString(properties.get("image"), ""),
          Objects.toString(properties.get("container_name"), ""),
          Objects.toString(properties.get("network_mode"), ""),
          (words(properties.get("entrypoint")) + " " + words(properties.get("command"))).strip(),
          List.copyOf(mounts),
          items(properties.get("ports")).stream().map(Published::of).toList());
    }

    /** Where a directory of the container is on the host, as the file says it. */
    public Optional<String> hostPathOf(String containerPath) {
      return mountAt(containerPath).map(Mount::hostPath).filter(path -> !path.isEmpty());
    }

    /** What is mounted at a directory of the container. */
    public Optional<Mount> mountAt(String containerPath) {
      return mounts.stream()
          .filter(mount -> mount.containerPath().equals(containerPath))
          .findFirst();
    }

    /** Published ports in the words of the file, or as {@code [ADDRESS:]HOST:CONTAINER}. */
    public List<String> ports() {
      return published.stream().map(Published::text).toList();
    }

    private static String words(Object command) {
      return command instanceof List<?> list
          ? list.stream().map(String::valueOf).collect(Collectors.joining(" "))
          : Objects.toString(command, "");
    }

    private static List<?> items(Object list) {
      return list instanceof List<?> items ? items : List.of();
    }
  }

  /**
   * A port of a container that is reached through the host (compose file reference, "ports"): in
   * short syntax {@code [ADDRESS:][HOST[-HOST]:]CONTAINER[-CONTAINER][/PROTOCOL]}, or in long.
   *
   * @param text in the words of the file
   * @param address of the host; empty for all of them
   * @param host first port there; 0 when docker chooses one, -1 when it can't be told, for instance
   *     since a variable says it
   * @param hostEnd last port there
   * @param container first port inside
   * @param containerEnd last port inside
   */
  public record Published(
      String text,
      String address,
      int host,
      int hostEnd,
      int container,
      int containerEnd,
      String protocol) {

    private static final Pattern RANGE = Pattern.compile("(\\d{1,5})(?:-(\\d{1,5}))?");

    /** At these, the loopback of IPv4 is taken, too. */
    private static final Set<String> WITH_LOOPBACK =
        Set.of("", "0.0.0.0", "127.0.0.1", "localhost", "::", "*", "::ffff:127.0.0.1");

    private static final Set<String> AT_LOOPBACK = Set.of("", "0.0.0.0", "127.0.0.1", "localhost");

    private static Published of(Object item) {
      if (item instanceof Map<?, ?> port) {
        String address = Objects.toString(port.get("host_ip"), "");
        String published = Objects.toString(port.get("published"), "");
        return of(
            (address.isEmpty() ? "" : address + ":")
                + published
                + ":"
                + Objects.toString(port.get("target"), ""),
            address,
            published,
            Objects.toString(port.get("target"), ""),
            Objects.toString(port.get("protocol"), "tcp"));
      }
      String text = String.valueOf(item);
      int slash = text.lastIndexOf('/');
      String protocol = slash < 0 ? "tcp" : text.substring(slash + 1);
      String rest = slash < 0 ? text : text.substring(0, slash);
      if (text.contains("$")) {
        return new Published(text, "", -1, -1, -1, -1, protocol);
      }
      int container = rest.lastIndexOf(':');
      if (container < 0) {
        return of(text, "", "", rest, protocol);
      }
      int host = rest.lastIndexOf(':', container - 1);
      return of(
          text,
          host < 0 ? "" : rest.substring(0, host),
          rest.substring(host + 1, container),
          rest.substring(container + 1),
          protocol);
    }

    private static Published of(
        String text, String address, String host, String container, String protocol) {
      int[] outside = range(host);
      int[] inside = range(container);
      return new Published(
          text,
          address.replaceAll("[\\[\\]]", ""),
          outside[0],
          outside[1],
          inside[0],
          inside[1],
          protocol);
    }

    private static int[] range(String text) {
      Matcher range = RANGE.matcher(text);
      if (text.isEmpty()) {
        return new int[] {0, 0};
      }
      if (!range.matches()) {
        return new int[] {-1, -1};
      }
      int first = Integer.parseInt(range.group(1));
      return new int[] {first, range.group(2) == null ? first : Integer.parseInt(range.group(2))};
    }

    /** Whether the file alone tells which ports these are. */
    public boolean understood() {
      return host >= 0 && container >= 0;
    }

    /** Whether it takes that TCP port of the host's loopback. */
    public boolean claims(int port) {
      return protocol.equals("tcp")
          && host > 0
          && host <= port
          && port <= hostEnd
          && WITH_LOOPBACK.contains(address);
    }

    /** Whether that TCP port of the IPv4 loopback leads to that port of the container. */
    public boolean leadsTo(int port, int inside) {
      return claims(port)
          && AT_LOOPBACK.contains(address)
          && containerEnd - container == hostEnd - host
          && container + port - host == inside;
    }
  }

  /**
   * A directory of the host in a container, or what else is mounted there.
   *
   * @param hostPath as the file says it: absolute, or relative to the compose file; empty when it
   *     is no directory of the host
   * @param containerPath without its final slash
   * @param other what it is instead, such as {@code the named volume redis-data}; else empty
   */
  public record Mount(String hostPath, String containerPath, boolean readOnly, String other) {

    private static Optional<Mount> of(Object item) {
      if (item instanceof Map<?, ?> mount) {
        String type = Objects.toString(mount.get("type"), "");
        String source = Objects.toString(mount.get("source"), "");
        String target = bare(Objects.toString(mount.get("target"), ""));
        boolean readOnly = Boolean.TRUE.equals(mount.get("read_only"));
        return Optional.of(
            type.equals("bind")
                ? new Mount(bare(source), target, readOnly, "")
                : new Mount("", target, readOnly, "a " + type + " " + source));
      }
      String[] parts = String.valueOf(item).split(":", 3);
      boolean readOnly = parts.length == 3 && parts[2].contains("ro");
      if (parts.length < 2) {
        return Optional.of(new Mount("", bare(parts[0]), false, "a volume without a name"));
      }
      // As compose tells them apart: what begins like a path is one.
      return Optional.of(
          parts[0].matches("[./~$].*")
              ? new Mount(bare(parts[0]), bare(parts[1]), readOnly, "")
              : new Mount("", bare(parts[1]), readOnly, "the named volume " + parts[0]));
    }

    private static String bare(String path) {
      return path.length() > 1 && path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    }
  }
}
