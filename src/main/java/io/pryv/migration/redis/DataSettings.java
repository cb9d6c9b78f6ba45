package io.pryv.migration.redis;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Those settings of a Redis with which it loses, refuses or hides data: as it has them now, and as
 * its file would give them to it at a restart. Only what two sides lose alike is not found by a
 * comparison of their data (field guide 3.21), so the settings themselves are compared.
 */
public final class DataSettings {

  private static final String FILES = "dest's Redis would not read the files that come from source";
  private static final String FULL =
      "when it is full, dest evicts or refuses what source has room for";
  private static final String POWER =
      "a crash or a power cut would lose more on dest than on source";
  private static final List<String> FSYNCS = List.of("no", "everysec", "always");
  private static final Pattern MEMORY = Pattern.compile("(\\d{1,15})([kmg]?)(b?)");
  private static final Map<String, Integer> POWERS = Map.of("", 0, "k", 1, "m", 2, "g", 3);

  /**
   * One setting and what makes dest's value as good as source's.
   *
   * @param byDefault what Redis takes where nothing is said
   * @param asGood of source's value and dest's
   */
  private record Rule(
      String name, String byDefault, BiPredicate<String, String> asGood, String cost) {

    static Rule same(String name, String byDefault, String cost) {
      return new Rule(name, byDefault, Object::equals, cost);
    }
  }

  private static final List<Rule> RULES =
      List.of(
          Rule.same("dir", "(default)", FILES),
          Rule.same("dbfilename", "dump.rdb", FILES),
          Rule.same("appendonly", "no", FILES),
          Rule.same("appendfilename", "appendonly.aof", FILES),
          Rule.same("appenddirname", "appendonlydir", FILES),
          Rule.same("databases", "16", "what lies in a database that the other lacks is lost"),
          new Rule("maxmemory", "0", DataSettings::asMuch, FULL),
          Rule.same("maxmemory-policy", "noeviction", FULL),
          Rule.same("replica-ignore-maxmemory", "yes", FULL),
          new Rule("appendfsync", "everysec", DataSettings::asSafe, POWER),
          new Rule(
              "no-appendfsync-on-rewrite", "no", (s, d) -> d.equals("no") || d.equals(s), POWER),
          Rule.same(
              "aof-load-truncated",
              "yes",
              "after a crash one would start with less, and the other not at all"),
          Rule.same(
              "stop-writes-on-bgsave-error",
              "yes",
              "with a full disk one refuses writes, and the other loses them at a restart"),
          Rule.same(
              "replica-serve-stale-data",
              "yes",
              "with its link down one answers, the other does not"),
          Rule.same("notify-keyspace-events", "", "who listens for changes would hear others"),
          new Rule(
              "protected-mode",
              "yes",
              (s, d) -> d.equals("no") || d.equals(s),
              "dest would refuse register and dns"));

  private static final Set<String> ONLY_IN_FILES =
      Set.of("replicaof", "min-replicas-max-lag", "include", "rename-command");

  private static final Set<String> ONLY_WITH_A_LIMIT =
      Set.of("maxmemory-policy", "replica-ignore-maxmemory");

  private final Map<String, String> now;
  private final Map<String, String> file;
  private final boolean includes;

  private DataSettings(Map<String, String> now, String conf) {
    this.now = now;
    String own = RedisConf.writer(conf);
    file = new LinkedHashMap<>();
    names()
        .forEach(
            name -> RedisSettings.find(own, name).ifPresent(v -> file.put(name, plain(name, v))));
    includes = RedisSettings.find(own, "include").isPresent();
  }

  /** Of a Redis that runs, and of the file from which it was started. */
  public static DataSettings of(RedisServer redis, String conf) {
    Map<String, String> now = new LinkedHashMap<>();
    Map<String, String> all = redis.settings();
    // Which directory that is, the file says; where its mount leads is seen at the container.
    names().stream()
        .filter(name -> all.containsKey(name) && !name.equals("dir"))
        .forEach(name -> now.put(name, plain(name, all.get(name))));
    return new DataSettings(now, conf);
  }

  /** Of a Redis that does not run yet. */
  public static DataSettings ofFile(String conf) {
    return new DataSettings(Map.of(), conf);
  }

  /**
   * What is not as it should be.
   *
   * @param expected as {@code name value}, like {@code found}
   * @param cost what would come of it, in words
   */
  public record Trouble(String expected, String found, String cost) {}

  /** What dest, having these, would lose, refuse or hide of what source keeps, takes and shows. */
  public List<Trouble> beside(DataSettings source) {
    List<Trouble> troubles = new ArrayList<>();
    for (Rule rule : RULES) {
      String ofSource = source.value(rule).orElse(rule.byDefault());
      for (Optional<String> each : values(rule)) {
        // Where neither file says anything, both have the default of the same version.
        String ofDest =
            each.orElse(source.file.containsKey(rule.name()) ? rule.byDefault() : ofSource);
        if (applies(rule) && !rule.asGood().test(ofSource, ofDest)) {
          troubles.add(
              new Trouble(
                  line(rule.name(), ofSource) + ", as on source",
                  line(rule.name(), ofDest),
                  rule.cost()));
          break;
        }
      }
    }
    return troubles;
  }

  /**
   * What no Redis of a migration may have, on whichever side.
   *
   * @param mayBeFenced whether it may refuse writes already, by our fence
   */
  public List<Trouble> alone(boolean mayBeFenced) {
    List<Trouble> troubles = new ArrayList<>();
    forbid(
        troubles,
        "replica-read-only",
        List.of("yes"),
        "as long as it is a replica it would take writes, which are wiped later");
    forbid(
        troubles,
        "min-replicas-to-write",
        mayBeFenced ? List.of("0", RedisConf.FENCE) : List.of("0"),
        "the fence uses it, and until source follows it, dest has no replica: it would refuse every"
            + " write");
    forbid(
        troubles, "cluster-enabled", List.of("no"), "a register's Redis is no part of a cluster");
    if (!keepsAof() && latest("save").filter(String::isEmpty).isPresent()) {
      troubles.add(
          new Trouble(
              "appendonly yes, or save points",
              "neither",
              "what it holds would not outlast its end"));
    }
    return troubles;
  }

  /**
   * What a restart would change: settings that somebody has set at run time, or in a file that the
   * one we know includes.
   */
  public List<Trouble> changedByRestart() {
    List<Trouble> troubles = new ArrayList<>();
    file.forEach(
        (name, atStart) -> {
          String running = now.getOrDefault(name, atStart);
          if (!running.equals(atStart) && !name.equals("save")) {
            troubles.add(
                new Trouble(
                    line(name, running) + " after a restart, as now",
                    line(name, atStart) + " in its file",
                    "a restart would change it"));
          }
        });
    return troubles;
  }

  /**
   * What an option on the command line of {@code redis-server} says, whatever its file says: an
   * option wins, at each start.
   *
   * @return the names of settings that matter
   */
  public static List<String> saidByOptions(String command) {
    Set<String> matter = names();
    matter.addAll(ONLY_IN_FILES);
    return Stream.of(command.split("\\s+", -1))
        .filter(word -> word.startsWith("--"))
        .map(word -> RedisSettings.today(word.substring(2)))
        .filter(matter::contains)
        .toList();
  }

  /** Whether what the file says depends on other files. */
  public boolean includesOthers() {
    return includes;
  }

  /** Whether each write goes into an append-only file. */
  public boolean keepsAof() {
    return latest("appendonly").orElse("no").equals("yes");
  }

  /** Whether it evicts, when it is full, keys that do not expire. */
  public boolean evictsUsers() {
    return !latest("maxmemory").orElse("0").equals("0")
        && latest("maxmemory-policy").orElse("noeviction").startsWith("allkeys-");
  }

  private void forbid(List<Trouble> troubles, String name, List<String> allowed, String cost) {
    Stream.of(Optional.ofNullable(now.get(name)), Optional.ofNullable(file.get(name)))
        .flatMap(Optional::stream)
        .filter(value -> !allowed.contains(value))
        .findFirst()
        .ifPresent(
            value ->
                troubles.add(new Trouble(line(name, allowed.get(0)), line(name, value), cost)));
  }

  /** Now, and after a restart; where that is told by no single file, only now. */
  private List<Optional<String>> values(Rule rule) {
    Optional<String> running = Optional.ofNullable(now.get(rule.name()));
    Optional<String> atStart = Optional.ofNullable(file.get(rule.name()));
    if (now.isEmpty()) {
      return List.of(atStart);
    }
    return includes || atStart.isEmpty()
        ? List.of(running.or(() -> atStart))
        : List.of(running.or(() -> atStart), atStart);
  }

  private Optional<String> value(Rule rule) {
    return latest(rule.name());
  }

  private Optional<String> latest(String name) {
    return Optional.ofNullable(now.get(name)).or(() -> Optional.ofNullable(file.get(name)));
  }

  private boolean applies(Rule rule) {
    return !ONLY_WITH_A_LIMIT.contains(rule.name())
        || Stream.of(now.get("maxmemory"), file.get("maxmemory"))
            .anyMatch(limit -> limit != null && !limit.equals("0"));
  }

  private static Set<String> names() {
    return Stream.concat(
            RULES.stream().map(Rule::name),
            Stream.of("save", "replica-read-only", "min-replicas-to-write", "cluster-enabled"))
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  private static String line(String name, String value) {
    return name + " " + (value.isEmpty() ? "\"\"" : value);
  }

  /** A value as {@code CONFIG GET} tells it. */
  private static String plain(String name, String value) {
    return switch (name) {
      case "dir" -> value.length() > 1 ? value.replaceFirst("/+$", "") : value;
      case "maxmemory" -> bytes(value);
      case "notify-keyspace-events" ->
          value.chars().sorted().mapToObj(Character::toString).collect(Collectors.joining());
      case "dbfilename", "appendfilename", "appenddirname" -> value;
      default -> value.toLowerCase(Locale.ROOT);
    };
  }

  private static String bytes(String value) {
    Matcher amount = MEMORY.matcher(value.toLowerCase(Locale.ROOT));
    if (!amount.matches()) {
      return value;
    }
    long unit = amount.group(3).isEmpty() && !amount.group(2).isEmpty() ? 1000 : 1024;
    long bytes = Long.parseLong(amount.group(1));
    for (int i = POWERS.get(amount.group(2)); i > 0; i--) {
      bytes *= unit;
    }
    return String.valueOf(bytes);
  }

  private static boolean asMuch(String source, String dest) {
    if (dest.equals("0") || dest.equals(source)) {
      return true;
    }
    return !source.equals("0")
        && source.matches("\\d{1,18}")
        && dest.matches("\\d{1,18}")
        && Long.parseLong(dest) > Long.parseLong(source);
  }

  private static boolean asSafe(String source, String dest) {
    return FSYNCS.indexOf(dest) >= FSYNCS.indexOf(source);
  }
}
