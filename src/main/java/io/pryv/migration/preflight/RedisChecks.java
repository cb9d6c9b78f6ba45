package io.pryv.migration.preflight;

import io.pryv.migration.platform.Machine;
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

  private RedisChecks() {}

  /**
   * What a running Redis told.
   *
   * @param version as {@code INFO server} says
   * @param usedMemory bytes
   * @param sample names of a few users
   */
  record Seen(
      String version,
      long usedMemory,
      KeyCounts keys,
      List<String> sample,
      List<Finding> findings) {}

  /** Looks at source's Redis: a master whose persistence works. */
  static Seen source(RedisServer redis) {
    List<Finding> findings = new ArrayList<>();
    String version = redis.info("server").getOrDefault("redis_version", "");
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
    KeyCounts keys = redis.countKeys();
    findings.add(Finding.pass("source", "Redis keys", describe(keys)));
    return new Seen(
        version,
        number(redis.info("memory").get("used_memory")),
        keys,
        redis.sampleUsers(3, 1),
        findings);
  }

  /** Looks at dest's Redis, if it runs: it must hold no users of its own. */
  static Seen dest(RedisServer redis, boolean usersMayGo) {
    String version = redis.info("server").getOrDefault("redis_version", "");
    KeyCounts keys = redis.countKeys();
    List<Finding> findings = new ArrayList<>();
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
        version, number(redis.info("memory").get("used_memory")), keys, List.of(), findings);
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
              "nothing: Redis saves its RDB when it is stopped; a crash would lose the last writes"));
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
