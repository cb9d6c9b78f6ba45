package io.pryv.migration.platform;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
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
    LoaderOptions strict = new LoaderOptions();
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

  /** The service of that name. */
  public Optional<Service> service(String name) {
    return services.stream().filter(service -> service.name().equals(name)).findFirst();
  }

  /** Names of all services. */
  public List<String> names() {
    return services.stream().map(Service::name).toList();
  }

  /**
   * One service.
   *
   * @param image as the file names it, empty if it is built
   * @param containerName as the file fixes it, empty if compose makes it up
   * @param ports published ones, as {@code [ADDRESS:]HOST:CONTAINER}
   */
  public record Service(
      String name, String image, String containerName, List<Mount> mounts, List<String> ports) {

    private static Service of(String name, Map<?, ?> properties) {
      return new Service(
          name,
          Objects.toString(properties.get("image"), ""),
          Objects.toString(properties.get("container_name"), ""),
          items(properties.get("volumes")).stream()
              .flatMap(item -> Mount.of(item).stream())
              .toList(),
          items(properties.get("ports")).stream().map(Service::port).toList());
    }

    /** Where a directory of the container is on the host, as the file says it. */
    public Optional<String> hostPathOf(String containerPath) {
      return mounts.stream()
          .filter(mount -> mount.containerPath().equals(containerPath))
          .map(Mount::hostPath)
          .findFirst();
    }

    private static String port(Object item) {
      if (item instanceof Map<?, ?> port) {
        String address = Objects.toString(port.get("host_ip"), "");
        return (address.isEmpty() ? "" : address + ":")
            + port.get("published")
            + ":"
            + port.get("target");
      }
      return String.valueOf(item);
    }

    private static List<?> items(Object list) {
      return list instanceof List<?> items ? items : List.of();
    }
  }

  /**
   * A directory of the host in a container.
   *
   * @param hostPath as the file says it: absolute, or relative to the compose file
   * @param containerPath without its final slash
   */
  public record Mount(String hostPath, String containerPath, boolean readOnly) {

    private static Optional<Mount> of(Object item) {
      if (item instanceof Map<?, ?> mount) {
        return "bind".equals(mount.get("type"))
            ? Optional.of(
                new Mount(
                    bare(String.valueOf(mount.get("source"))),
                    bare(String.valueOf(mount.get("target"))),
                    Boolean.TRUE.equals(mount.get("read_only"))))
            : Optional.empty();
      }
      String[] parts = String.valueOf(item).split(":", 3);
      return parts.length < 2
          ? Optional.empty()
          : Optional.of(
              new Mount(
                  bare(parts[0]), bare(parts[1]), parts.length == 3 && parts[2].contains("ro")));
    }

    private static String bare(String path) {
      return path.length() > 1 && path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    }
  }
}
