package io.pryv.migration.preflight;

import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.DataSettings;
import io.pryv.migration.redis.KeyCounts;
import io.pryv.migration.redis.RedisServer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** The Redis of each register that runs, and how their versions go together. */
final class RedisChecks {

  private static final Pattern VERSION = Pattern.compile("(\\d+)\\.(\\d+)(\\..*)?");

  private static final String CONF = "redis.conf";

  /** Which the register uses (public source of service-register), and which we do. */
  private static final List<String> COMMANDS =
      List.of(
          ("bgsave client config dbsize del dump eval exec exists expire get hget hgetall hmset hset"
                  + " info keys lpush lrange mget multi pttl rpush sadd scan set sismember slaveof"
                  + " smembers ttl type")
              .split(" "));

  private RedisChecks() {}

  /**
   * What a running Redis told.
   *
   * @param version as {@code INFO server} says
   * @param usedMemory bytes
   * @param sample names of a few users
   * @param settings as it has them, and as its file has them
   * @param scripted whether its clients have run scripts, which no fence of an old Redis refuses
   */
  record Seen(
      String version,
      long usedMemory,
      KeyCounts keys,
      List<String> sample,
      DataSettings settings,
      boolean scripted,
      List<Finding> findings) {}

  /**
   * Looks at source's Redis: a master whose persistence works.
   *
   * @param conf the text of its file
   */
  static Seen source(RedisServer redis, String conf) {
    List<Finding> findings = new ArrayList<>();
    String version = redis.info("server").getOrDefault("redis_version", "");
    requireReadable("source", version);
    List<Finding> ofSettings = ofSettings("source", redis, conf);
    DataSettings settings = DataSettings.of(redis, conf);
    if (settings.evictsUsers()) {
      ofSettings.add(
          Finding.warn(
              "source",
              "Redis CONFIG GET",
              "maxmemory-policy noeviction",
              "one by which it evicts users when it is full",
              "nothing, if users may go; else set it, on both sides: what both evict, no comparison"
                  + " of them finds"));
    }
    Map<String, String> replication = redis.info("replication");
    Map<String, String> persistence = redis.info("persistence");
    if (!"master".equals(replication.get("role"))) {
      findings.add(
          Finding.stop(
              "source",
              "Redis INFO replication",
              "role master",
              "a replica of "
                  + replication.get("master_host")
                  + ":"
                  + replication.get("master_port"),
              "name the master as source in the platform file"));
    } else {
      findings.add(
          Finding.pass(
              "source",
              "Redis INFO replication",
              "master with " + replication.getOrDefault("connected_slaves", "0") + " replicas"));
    }
    findings.addAll(persistence(persistence));
    findings.add(version(version));
    findings.addAll(ofSettings);
    boolean scripted = scripted(redis);
    if (scripted && !MachineChecks.atLeast(version, 7, 0)) {
      findings.add(
          Finding.warn(
              "source",
              "Redis INFO commandstats",
              "no EVAL or EVALSHA: until 7.0 a script writes behind every fence",
              "scripts have been run since Redis was started",
              "find out who runs them, and see that nobody does during the cut-over"));
    }
    KeyCounts keys = redis.countKeys();
    findings.add(Finding.pass("source", "Redis keys", describe(keys)));
    return new Seen(
        version,
        number(redis.info("memory").get("used_memory")),
        keys,
        redis.sampleUsers(30, 1).stream()
            .filter(user -> redis.get(user + ":server") != null)
            .limit(3)
            .toList(),
        settings,
        scripted,
        findings);
  }

  /** Looks at dest's Redis, if it runs: it must hold no users of its own. */
  static Seen dest(RedisServer redis, String conf, boolean usersMayGo) {
    String version = redis.info("server").getOrDefault("redis_version", "");
    requireReadable("dest", version);
    KeyCounts keys = redis.countKeys();
    List<Finding> findings = new ArrayList<>(ofSettings("dest", redis, conf));
    if (!keys.holdsUsers()) {
      findings.add(Finding.pass("dest", "Redis keys", describe(keys)));
    } else if (usersMayGo) {
      findings.add(
          Finding.warn(
              "dest",
              "Redis keys",
              "no users of its own",
              describe(keys),
              "nothing: options.destUsersMayGo says that they may be wiped"));
    } else {
      findings.add(
          Finding.stop(
              "dest",
              "Redis keys",
              "no users of its own: source's data will replace everything",
              describe(keys),
              "if they may go, set options.destUsersMayGo; otherwise name another dest"));
    }
    return new Seen(
        version,
        number(redis.info("memory").get("used_memory")),
        keys,
        List.of(),
        DataSettings.of(redis, conf),
        false,
        findings);
  }

  /** Keys are read with SCAN, and the fence is {@code min-slaves-to-write}: both came with 2.8. */
  private static void requireReadable(String name, String version) {
    if (VERSION.matcher(version).matches() && !MachineChecks.atLeast(version, 2, 8)) {
      throw new StepFailure(
          name,
          "INFO server",
          "Redis 2.8 or newer is needed",
          version,
          "upgrade it before the migration");
    }
  }

  /** What it lacks or has set so that it would lose, refuse or hide data, by itself. */
  private static List<Finding> ofSettings(String name, RedisServer redis, String conf) {
    List<Finding> findings = new ArrayList<>();
    List<String> renamed = redis.unknownOf(COMMANDS);
    if (!renamed.isEmpty()) {
      throw new StepFailure(
          name,
          "COMMAND INFO",
          "every command that the register and a migration use, under its own name",
          "unknown there: " + String.join(", ", renamed),
          "take rename-command out of its redis.conf, or the ACL, until the migration is over, and"
              + " restart it");
    }
    String file = redis.info("server").getOrDefault("config_file", CONF);
    if (!file.substring(file.lastIndexOf('/') + 1).equals(CONF)) {
      findings.add(
          Finding.stop(
              name,
              "Redis INFO server",
              "config_file:/app/conf/" + CONF,
              "config_file:" + file,
              "start it with the file that is mounted: what is not written there is forgotten by a"
                  + " restart, a fence, too"));
    }
    DataSettings settings = DataSettings.of(redis, conf);
    for (DataSettings.Trouble trouble : settings.alone(name.equals("dest"))) {
      findings.add(
          Finding.stop(
              name,
              "Redis CONFIG GET",
              trouble.expected(),
              trouble.found(),
              "set it, with CONFIG SET and in redis.conf: " + trouble.cost()));
    }
    for (DataSettings.Trouble trouble : settings.changedByRestart()) {
      findings.add(
          Finding.warn(
              name,
              "Redis CONFIG GET",
              trouble.expected(),
              trouble.found(),
              "write into the file what is meant to last"));
    }
    return findings;
  }

  private static boolean scripted(RedisServer redis) {
    Map<String, String> calls = redis.info("commandstats");
    return calls.containsKey("cmdstat_eval") || calls.containsKey("cmdstat_evalsha");
  }

  /** Looks at a slave's Redis: it must follow its master. */
  static List<Finding> slave(Machine machine, RedisServer redis, boolean masterRuns) {
    Map<String, String> replication = redis.info("replication");
    String master = replication.get("master_host") + ":" + replication.get("master_port");
    if (!"slave".equals(replication.get("role"))) {
      return List.of(
          Finding.stop(
              machine.name(),
              "Redis INFO replication",
              "a replica",
              "role " + replication.get("role"),
              "make it follow its master: its dns answers from its own data"));
    }
    if ("up".equals(replication.get("master_link_status"))) {
      return List.of(
          Finding.pass(
              machine.name(), "Redis INFO replication", "follows " + master + ", link up"));
    }
    return List.of(
        masterRuns
            ? Finding.stop(
                machine.name(),
                "Redis INFO replication",
                "master_link_status up",
                "down, to " + master,
                "see why it can't reach its master")
            : Finding.pass(
                machine.name(),
                "Redis INFO replication",
                "follows " + master + ", which is not launched yet"));
  }

  /**
   * Both versions: rsync carries files from source to dest, then replication the data from dest to
   * source, and neither way may lead to an older Redis (field guide 3.6).
   *
   * @param destRuns whether dest's Redis itself told its version; else its image did, and compose
   *     may start another
   */
  static Finding versions(String source, Optional<String> dest, boolean destRuns) {
    String check = "Redis versions";
    if (dest.isEmpty()) {
      return Finding.warn(
          "dest",
          check,
          "the same major.minor as source's " + source,
          "unknown before the launch",
          "compare them by hand: source will follow dest");
    }
    String found =
        "source %s, dest %s%s".formatted(source, dest.get(), destRuns ? "" : " (its image says)");
    var ofSource = VERSION.matcher(source);
    var ofDest = VERSION.matcher(dest.get());
    if (!ofSource.matches() || !ofDest.matches()) {
      return Finding.stop("dest", check, "version numbers", found, "look at INFO server by hand");
    }
    int major = compare(ofSource.group(1), ofDest.group(1));
    int order = major != 0 ? major : compare(ofSource.group(2), ofDest.group(2));
    if (order == 0) {
      return Finding.pass("dest", check, found);
    }
    return new Finding(
        destRuns ? Finding.Level.STOP : Finding.Level.WARN,
        "dest",
        check,
        "the same major.minor: dest reads source's files, and source will follow dest",
        found,
        (order < 0
                ? "an older replica of a newer master drops its data and can't read what it is sent"
                : "an older Redis can't read a newer one's files")
            + ": deploy source's version on dest");
  }

  private static int compare(String some, String other) {
    return Integer.compare(Integer.parseInt(some), Integer.parseInt(other));
  }

  private static Finding version(String version) {
    var parts = VERSION.matcher(version);
    if (!parts.matches()) {
      return Finding.stop(
          "source", "Redis INFO server", "redis_version", version, "look at it by hand");
    }
    return Integer.parseInt(parts.group(1)) < 5
        ? Finding.warn(
            "source",
            "Redis INFO server",
            "5.0 or newer",
            version,
            "nothing: SLAVEOF and min-slaves-to-write are used, under their old names")
        : Finding.pass("source", "Redis INFO server", version);
  }

  private static List<Finding> persistence(Map<String, String> info) {
    List<Finding> findings = new ArrayList<>();
    boolean aof = "1".equals(info.get("aof_enabled"));
    if ("1".equals(info.get("loading"))) {
      findings.add(
          Finding.stop(
              "source",
              "Redis INFO persistence",
              "loading:0",
              "loading:1",
              "wait until Redis has loaded its data, then check again"));
    }
    for (String status :
        List.of("rdb_last_bgsave_status", "aof_last_bgrewrite_status", "aof_last_write_status")) {
      if (!info.getOrDefault(status, "ok").equals("ok")) {
        findings.add(
            Finding.stop(
                "source",
                "Redis INFO persistence",
                status + ":ok",
                status + ":" + info.get(status),
                "see Redis' log: what is on its disk is not what it holds"));
      }
    }
    if (!aof) {
      findings.add(
          Finding.warn(
              "source",
              "Redis INFO persistence",
              "aof_enabled:1",
              "no append-only file",
              "turn it on, on both sides (appendonly yes in redis.conf, CONFIG SET appendonly yes):"
                  + " without it a crash of dest loses what was registered since its last save, on"
                  + " both sides, since source follows it"));
    }
    if ("1".equals(info.get("aof_rewrite_in_progress"))) {
      findings.add(
          Finding.warn(
              "source",
              "Redis INFO persistence",
              "no AOF rewrite running",
              "aof_rewrite_in_progress:1",
              "nothing: it is awaited where it matters"));
    }
    if (findings.isEmpty()) {
      findings.add(Finding.pass("source", "Redis INFO persistence", "AOF and last save are fine"));
    }
    return findings;
  }

  static String describe(KeyCounts keys) {
    return "%,d users, %,d servers, %,d emails, %,d inactive, %,d other"
        .formatted(
            keys.users(),
            keys.servers(),
            keys.emails(),
            keys.inactive(),
            keys.lasting() + keys.expiring());
  }

  private static long number(String value) {
    return value != null && value.matches("[0-9]{1,18}") ? Long.parseLong(value) : 0;
  }
}
