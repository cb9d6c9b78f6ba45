package io.pryv.migration.platform;

import io.pryv.migration.platform.Machine.Role;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.Node;

/**
 * A platform file: what an operator wants migrated, in YAML. Everything that can be known from here
 * is validated here, once, and every problem is told at the same time. The format is described in
 * docs/platform-file.md.
 */
public final class PlatformFile {

  private static final int LARGEST = 1 << 20;
  private static final String DOCUMENTATION = "docs/platform-file.md";

  private final Path file;
  private final List<String> problems = new ArrayList<>();

  private PlatformFile(Path file) {
    this.file = file.toAbsolutePath().normalize();
  }

  /**
   * Reads and validates a platform file. Relative paths in it are relative to its directory.
   *
   * @throws WrongPlatformFile when it can't be read, or anything in it is wrong
   */
  public static Platform read(Path file) {
    return new PlatformFile(file).read();
  }

  private Platform read() {
    Section top = new Section("", parse(), problems);
    Section ssh = top.section("ssh");
    String confRoot = top.text("confRoot", Rule.ABSOLUTE_PATH, "/var/pryv");
    Access access =
        new Access(
            ssh.text("user", Rule.USER, "root"),
            ssh.number("port", 1, 65535, 22),
            ssh.text("key", Rule.LOCAL_PATH, ""),
            confRoot,
            ssh.flag("weakAlgorithms", false));
    Path knownHosts = localPath(ssh.required("knownHosts", Rule.LOCAL_PATH, "known_hosts"));
    String domain =
        top.required("domain", Rule.DOMAIN_NAME, "pryv.example").toLowerCase(Locale.ROOT);
    List<Machine> sources = machines(top, "source", Role.SOURCE, Role.SOURCE_SLAVE, access);
    List<Machine> dests = machines(top, "dest", Role.DEST, Role.DEST_SLAVE, access);
    Section nameServers = top.section("nameServers");
    List<String> parents = nameServers.texts("parents", Rule.DNS_SERVER, List.of());
    List<String> resolvers = nameServers.texts("resolvers", Rule.DNS_SERVER, resolversHere());
    nameServers.refuseUnknown();
    Options options = options(top.section("options"));
    ssh.refuseUnknown();
    top.refuseUnknown();

    othersMayWrite(file).ifPresent(what -> problems.add("file: " + what));
    if (!Rule.FILE_NAME.allows().test(nameOf(file))) {
      problems.add(
          "file: expected %s, found \"%s\"".formatted(Rule.FILE_NAME.expected(), nameOf(file)));
    }
    refuseSameMachine(sources, dests);
    checkKeys(sources, dests);
    checkKnownHosts(ssh, knownHosts);
    if (!problems.isEmpty()) {
      throw new WrongPlatformFile(file.toString(), problems);
    }
    return new Platform(
        nameOf(file),
        domain,
        sources.get(0),
        dests.get(0),
        List.copyOf(sources.subList(1, sources.size())),
        List.copyOf(dests.subList(1, dests.size())),
        knownHosts.toString(),
        parents,
        resolvers,
        options);
  }

  private Node parse() {
    String text;
    try {
      if (Files.isRegularFile(file) && Files.size(file) > LARGEST) {
        throw wrong(
            "file: expected at most %d bytes, found %d".formatted(LARGEST, Files.size(file)));
      }
      text = Files.readString(file, StandardCharsets.UTF_8);
    } catch (NoSuchFileException e) {
      throw wrong("file: expected a platform file, found no file there");
    } catch (CharacterCodingException e) {
      throw wrong("file: expected text in UTF-8, found other bytes");
    } catch (IOException e) {
      throw wrong("file: expected a readable file, found: " + e.getMessage());
    }
    try {
      LoaderOptions strict = new LoaderOptions();
      strict.setMaxAliasesForCollections(10);
      Node root = new Yaml(strict).compose(new StringReader(text));
      if (root == null) {
        throw wrong("file: expected a platform (" + DOCUMENTATION + "), found an empty file");
      }
      return root;
    } catch (YAMLException e) {
      throw wrong("file: expected YAML, found: " + e.getMessage().strip());
    }
  }

  /** The master first, then its slaves, for source or dest. */
  private List<Machine> machines(
      Section top, String name, Role master, Role slave, Access byDefault) {
    List<Machine> machines = new ArrayList<>();
    machines.add(machine(top.section(name), name, master, byDefault));
    List<Section> slaves = top.sections(name + "Slaves");
    for (int i = 0; i < slaves.size(); i++) {
      String slaveName = name + "-slave" + (slaves.size() == 1 ? "" : "-" + (i + 1));
      machines.add(machine(slaves.get(i), slaveName, slave, byDefault));
    }
    return machines;
  }

  private Machine machine(Section section, String name, Role role, Access byDefault) {
    String host = section.required("host", Rule.HOST_NAME, "203.0.113.7");
    String publicAddress =
        Rule.isIpv4(host)
            ? section.text("publicAddress", Rule.PUBLIC_ADDRESS, host)
            : section.required("publicAddress", Rule.PUBLIC_ADDRESS, "203.0.113.7");
    String key = section.text("key", Rule.LOCAL_PATH, byDefault.key());
    if (key.isEmpty()) {
      section.problem(
          "key", "expected the path of a private key, here or as ssh.key, found nothing");
    }
    Machine machine =
        new Machine(
            role,
            name,
            host,
            section.number("port", 1, 65535, byDefault.port()),
            section.text("user", Rule.USER, byDefault.user()),
            key.isEmpty() ? "" : localPath(key).toString(),
            section.text("confRoot", Rule.ABSOLUTE_PATH, byDefault.confRoot()),
            publicAddress,
            layout(section.section("layout")),
            section.flag("weakAlgorithms", byDefault.weakAlgorithms()));
    section.refuseUnknown();
    return machine;
  }

  private static LayoutDetails layout(Section section) {
    LayoutDetails details =
        new LayoutDetails(
            section.text("composeCommand", Rule.COMPOSE_COMMAND, ""),
            section.text("nginxSiteFile", Rule.ABSOLUTE_PATH, ""),
            section.text("redisContainer", Rule.CONTAINER, ""),
            section.text("nginxContainer", Rule.CONTAINER, ""),
            section.text("registerContainer", Rule.CONTAINER, ""),
            section.text("dnsContainer", Rule.CONTAINER, ""));
    section.refuseUnknown();
    return details;
  }

  private static Options options(Section section) {
    Options options =
        new Options(
            section.flag("backup", true),
            section.text("backupDirectory", Rule.ABSOLUTE_PATH, ""),
            section.text("keyType", Rule.KEY_TYPE, "rsa"),
            section.number("preSyncRounds", 1, 100, 5),
            section.bytes("smallDelta", 1 << 20),
            section.duration("longestOutage", Duration.ofSeconds(5), Duration.ofMinutes(2)),
            section.flag("destUsersMayGo", false),
            section.texts("staticNames", Rule.LOCAL_NAME, List.of("reg", "access")),
            section.number("dnsSample", 0, 100_000_000, 200),
            section.duration("checkEvery", Duration.ofSeconds(1), Duration.ofMinutes(1)),
            section.duration("quietPeriod", Duration.ofSeconds(1), null),
            section.text("strategy", Rule.STRATEGY, "auto"),
            section.flag("retryOnDest", true),
            section.flag("fourEyes", false),
            section.duration("holdWrites", Duration.ZERO, Options.HOLD_WRITES));
    section.refuseUnknown();
    return options;
  }

  /** Two machines of a migration at one address: source would be moved onto itself. */
  private void refuseSameMachine(List<Machine> sources, List<Machine> dests) {
    Map<String, String> taken = new HashMap<>();
    List<Machine> all = new ArrayList<>(sources);
    all.addAll(dests);
    for (Machine machine : all) {
      if (machine.host().isEmpty() || machine.publicAddress().isEmpty()) {
        continue;
      }
      String login = machine.host().toLowerCase(Locale.ROOT) + ":" + machine.port();
      String sameLogin = taken.putIfAbsent("login " + login, machine.name());
      String sameAddress = taken.putIfAbsent("address " + machine.publicAddress(), machine.name());
      if (sameLogin != null) {
        problems.add(
            "%s: expected another machine than %s, found the same host and port %s"
                .formatted(machine.name(), sameLogin, login));
      } else if (sameAddress != null) {
        problems.add(
            "%s: expected another machine than %s, found the same public address %s"
                .formatted(machine.name(), sameAddress, machine.publicAddress()));
      }
    }
  }

  private void checkKeys(List<Machine> sources, List<Machine> dests) {
    List<Machine> all = new ArrayList<>(sources);
    all.addAll(dests);
    all.stream()
        .map(Machine::keyFile)
        .filter(key -> !key.isEmpty())
        .distinct()
        .forEach(
            key -> KeyFile.problem(Path.of(key)).ifPresent(what -> problems.add("key: " + what)));
  }

  private void checkKnownHosts(Section ssh, Path knownHosts) {
    if (ssh.has("knownHosts") && !Files.isReadable(knownHosts)) {
      ssh.problem(
          "knownHosts",
          "expected a readable file with the machines' host keys (ssh-keyscan, compared with what"
              + " their consoles show), found "
              + (Files.exists(knownHosts) ? knownHosts + " unreadable" : "no file " + knownHosts));
    } else if (ssh.has("knownHosts")) {
      othersMayWrite(knownHosts).ifPresent(what -> ssh.problem("knownHosts", what));
    }
  }

  private static Optional<String> othersMayWrite(Path file) {
    try {
      return OthersAccess.writable(file)
          .map(found -> "expected a file that nobody else may write, found " + found);
    } catch (IOException e) {
      return Optional.of("expected a file whose owner can be told, found: " + e.getMessage());
    }
  }

  /** The resolvers of the machine this program runs on (resolv.conf(5)). */
  private static List<String> resolversHere() {
    try {
      return Files.readAllLines(Path.of("/etc/resolv.conf")).stream()
          .map(line -> line.strip().split("\\s+", -1))
          .filter(words -> words.length > 1 && words[0].equals("nameserver"))
          .map(words -> words[1])
          .filter(Rule.DNS_SERVER.allows())
          .toList();
    } catch (IOException noResolver) {
      return List.of();
    }
  }

  private Path localPath(String text) {
    return text.startsWith("~/")
        ? Path.of(System.getProperty("user.home")).resolve(text.substring(2)).normalize()
        : file.resolveSibling(text).normalize();
  }

  private WrongPlatformFile wrong(String problem) {
    return new WrongPlatformFile(file.toString(), List.of(problem));
  }

  private static String nameOf(Path file) {
    String fileName = file.getFileName().toString();
    int ending = fileName.lastIndexOf('.');
    return ending > 0 ? fileName.substring(0, ending) : fileName;
  }

  /** How to log in, and where the platform is, on machines that do not say otherwise. */
  private record Access(
      String user, int port, String key, String confRoot, boolean weakAlgorithms) {}
}
