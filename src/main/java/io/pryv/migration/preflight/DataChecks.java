package io.pryv.migration.preflight;

import io.pryv.migration.platform.ComposeServices;
import io.pryv.migration.platform.Layout;
import io.pryv.migration.platform.Options;
import io.pryv.migration.redis.DataSettings;
import io.pryv.migration.redis.RedisSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Whether source's data can be carried to dest and will be read there. */
final class DataChecks {

  /** Bytes of a data directory in which a register has written its fixture and nothing else. */
  private static final long EMPTY = 100_000;

  private static final int REDIS_PORT = 6379;

  private static final Pattern MEMORY = Pattern.compile("(MemTotal|MemAvailable):\\s+(\\d+) kB");

  private DataChecks() {}

  /** Source's data directory and the room for its backup. */
  static List<Finding> ofSource(Facts facts, Layout layout, Options options) {
    List<Finding> findings = new ArrayList<>();
    String name = "source";
    String directory = "data directory " + layout.dataDirectory();
    if (!facts.has("data.exists")) {
      findings.add(
          Finding.stop(
              name,
              directory,
              "Redis' data",
              "no such directory",
              "see the compose file's mounts"));
      return findings;
    }
    if (facts.has("rrsync.problem")) {
      findings.add(
          Finding.stop(
              name,
              "rrsync, as the sync will call it",
              "a list of what is in " + layout.dataDirectory(),
              String.join(" ", facts.lines("rrsync.problem")),
              "see rrsync(1) of this version, or put another one into /usr/local/bin"));
    }
    String owners = String.join(", ", facts.lines("data.owners"));
    findings.add(
        Finding.pass(
            name,
            directory,
            "%,d bytes, owned by %s".formatted(facts.number("data.bytes"), owners)));
    if (facts.has("data.symlinks")) {
      findings.add(
          Finding.stop(
              name,
              directory,
              "no symbolic links: rrsync refuses to follow them",
              String.join(", ", facts.lines("data.symlinks")),
              "replace each link by what it points to while Redis is stopped"));
    }
    if (options.backup()) {
      room(findings, facts, name, "backup.disk", "room for the backup", facts.number("data.bytes"));
    }
    return findings;
  }

  /** Dest's room for the data, and what is there already. */
  static List<Finding> ofDest(Facts facts, Layout layout, long sourceBytes, boolean destRuns) {
    List<Finding> findings = new ArrayList<>();
    long bytes = facts.number("data.bytes");
    if (!destRuns && bytes > EMPTY) {
      findings.add(
          Finding.warn(
              "dest",
              "data directory " + layout.dataDirectory(),
              "hardly anything: dest is not launched yet",
              "%,d bytes".formatted(bytes),
              "see whose they are: dest is launched with them, and the migration stops there if they"
                  + " hold users"));
    }
    if (facts.has("data.symlinks")) {
      findings.add(
          Finding.stop(
              "dest",
              "data directory " + layout.dataDirectory(),
              "no symbolic links",
              String.join(", ", facts.lines("data.symlinks")),
              "replace each link by what it points to, or remove it"));
    }
    room(findings, facts, "dest", "data.disk", "room for the data", sourceBytes);
    if (facts.has("dns.source")) {
      findings.add(
          Finding.warn(
              "dest",
              "dns configuration",
              "dest's addresses for reg, dns1, mail, …",
              "source's address at " + String.join(", ", facts.lines("dns.source")),
              "correct them before the cut-over: clients would be sent back to source for ever"));
    } else {
      findings.add(Finding.pass("dest", "dns configuration", "does not name source's address"));
    }
    return findings;
  }

  /** Files that our steps edit, and compose's own opinion. */
  static List<Finding> ofFiles(String name, Facts facts, Layout layout) {
    List<Finding> findings = new ArrayList<>();
    if (facts.has("unwritable")) {
      findings.add(
          Finding.stop(
              name,
              String.join(", ", facts.lines("unwritable")),
              "writable for the user we log in as",
              "not writable, or missing",
              "use a user who may edit the platform's files"));
    }
    String words = String.join(" ", facts.lines("compose.words"));
    if (facts.number("compose.exit") != 0) {
      findings.add(
          Finding.stop(
              name,
              layout.composeCommand() + " -f " + layout.composeFile() + " config",
              "exit code 0",
              "exit code %s: %s".formatted(facts.get("compose.exit"), words),
              "correct the compose file"));
    } else {
      findings.add(
          Finding.pass(
              name,
              layout.composeFile(),
              "accepted by "
                  + layout.composeCommand()
                  + (words.isEmpty() ? "" : ", which says: " + words)));
    }
    return findings;
  }

  /** Who else is to have the port at which dest's Redis is reached, as compose sees it. */
  static List<Finding> ofClaims(Facts ofDest, Layout layout) {
    Optional<String> resolved = ofDest.raw("compose.config").filter(text -> !text.isBlank());
    List<String> claims =
        resolved
            .map(text -> ComposeServices.parse(text).claimsOfLoopback(REDIS_PORT, "redis"))
            .orElse(List.of());
    return claims.isEmpty()
        ? List.of()
        : List.of(
            Finding.stop(
                "dest",
                layout.composeFile(),
                "port 6379 of the host's loopback free, or leading to 6379 of service redis",
                String.join(", ", claims),
                "let that one have another port or address of the host"));
  }

  /**
   * Redis' settings on dest beside those on source.
   *
   * @param destRuns whether dest's are those it has; else they are what its file says
   */
  static List<Finding> ofSettings(
      DataSettings source, DataSettings dest, boolean destRuns, Layout ofDest) {
    List<Finding> findings = new ArrayList<>();
    String check = destRuns ? "Redis CONFIG GET" : ofDest.redisConfFile();
    if (!destRuns && dest.includesOthers()) {
      findings.add(
          Finding.stop(
              "dest",
              check,
              "every setting in this file, as long as Redis can not be asked",
              "include",
              "write the included lines into it, or launch dest, then check again"));
    }
    List<DataSettings.Trouble> troubles = new ArrayList<>(dest.beside(source));
    if (!destRuns) {
      troubles.addAll(dest.alone(true));
    }
    for (DataSettings.Trouble trouble : troubles) {
      findings.add(
          Finding.stop(
              "dest",
              check,
              trouble.expected(),
              trouble.found(),
              "set it, in the file and, if Redis runs, with CONFIG SET: " + trouble.cost()));
    }
    if (findings.isEmpty()) {
      findings.add(
          Finding.pass("dest", check, "reads the same files as source's, keeps and takes as much"));
    }
    return findings;
  }

  /** That what its file says is what its Redis does at each start. */
  static List<Finding> ofCommand(String name, ComposeServices services, Layout layout) {
    List<String> options =
        services
            .service("redis")
            .map(redis -> DataSettings.saidByOptions(redis.command()))
            .orElse(List.of());
    return options.isEmpty()
        ? List.of()
        : List.of(
            Finding.stop(
                name,
                layout.composeFile(),
                "settings of Redis in redis.conf: an option of its command wins, over a fence, too",
                "--" + String.join(", --", options),
                "write them into " + layout.redisConfFile() + " and start Redis without"));
  }

  /** What neither file may say. */
  static List<Finding> ofRedisConf(String sourceConf, String destConf, Layout source, Layout dest) {
    List<Finding> findings = new ArrayList<>();
    RedisSettings.master(destConf)
        .ifPresent(
            master ->
                findings.add(
                    Finding.stop(
                        "dest",
                        dest.redisConfFile(),
                        "a master: no replicaof",
                        "replicaof " + master,
                        "remove it from dest's redis.conf")));
    password(findings, "source", sourceConf, source);
    password(findings, "dest", destConf, dest);
    if (findings.isEmpty()) {
      findings.add(Finding.pass("dest", dest.redisConfFile(), "a master without a password"));
    }
    return findings;
  }

  private static void password(List<Finding> findings, String name, String conf, Layout layout) {
    if (RedisSettings.find(conf, "requirepass").isPresent()) {
      findings.add(
          Finding.stop(
              name,
              layout.redisConfFile(),
              "no password, as the vendor's template has it",
              "requirepass",
              "a password is not supported"));
    }
  }

  /** Dest's memory beside what source's Redis uses. */
  static Finding ofMemory(Facts dest, long usedBySourcesRedis) {
    long available = memory(dest, "MemAvailable");
    String found =
        "%,d MB available, source's Redis uses %,d MB"
            .formatted(available >> 20, usedBySourcesRedis >> 20);
    if (available < 0) {
      return Finding.warn("dest", "memory", "/proc/meminfo", "nothing", "look at free -m by hand");
    }
    if (available < usedBySourcesRedis * 3 / 2) {
      return Finding.stop(
          "dest",
          "memory",
          "half as much again as source's Redis uses",
          found,
          "give dest more memory");
    }
    // Register and dns scan everything at their start: 1.6–2.4 GB each for 843 MB of Redis.
    return available < usedBySourcesRedis * 6
        ? Finding.warn(
            "dest",
            "memory",
            "six times what source's Redis uses: register and dns read everything at their start",
            found,
            "give dest more memory, or expect them to start slowly")
        : Finding.pass("dest", "memory", found);
  }

  private static long memory(Facts facts, String what) {
    return facts.lines("memory").stream()
        .map(MEMORY::matcher)
        .filter(Matcher::matches)
        .filter(line -> line.group(1).equals(what))
        .mapToLong(line -> Long.parseLong(line.group(2)) << 10)
        .findFirst()
        .orElse(-1);
  }

  private static void room(
      List<Finding> findings, Facts facts, String name, String disk, String what, long needed) {
    Optional<Long> free = free(facts.get(disk));
    if (free.isEmpty() || needed < 0) {
      findings.add(
          Finding.warn(name, what, "df to tell the free space", facts.get(disk), "look by hand"));
    } else if (free.get() < needed + needed / 4) {
      findings.add(
          Finding.stop(
              name,
              what,
              "%,d bytes and a quarter more".formatted(needed),
              "%,d bytes free".formatted(free.get()),
              "make room"));
    } else if (free.get() < needed * 3) {
      findings.add(
          Finding.warn(
              name,
              what,
              "three times %,d bytes: Redis writes its files anew beside the old ones"
                  .formatted(needed),
              "%,d bytes free".formatted(free.get()),
              "make room"));
    } else {
      findings.add(Finding.pass(name, what, "%,d MB free".formatted(free.get() >> 20)));
    }
  }

  /** The fourth word of a line of {@code df -PB1}. */
  private static Optional<Long> free(String line) {
    String[] words = line.split("\\s+", -1);
    return words.length >= 6 && words[3].matches("[0-9]{1,18}")
        ? Optional.of(Long.valueOf(words[3]))
        : Optional.empty();
  }
}
