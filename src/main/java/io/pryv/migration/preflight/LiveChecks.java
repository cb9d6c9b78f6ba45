package io.pryv.migration.preflight;

import io.pryv.migration.platform.StrategyChoice;
import io.pryv.migration.redis.RedisSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What a live cut-over needs beyond a cold one, and which of the two it will be. */
final class LiveChecks {

  private static final String CHECK = "strategy";

  static final String NO_AOF =
      "no append-only file on source or dest: after a crash of dest both would be without what was"
          + " registered since its last save (turn it on, on both sides)";

  static final String SCRIPTS =
      "clients of source's Redis run scripts (cmdstat_eval), which until 7.0 write behind the fence";

  private LiveChecks() {}

  /**
   * What stands against a live cut-over.
   *
   * @param destVersion of dest's Redis, if it is known
   * @param source the first look at source
   * @param confs texts of the redis.conf files
   */
  static List<String> obstacles(
      String sourceVersion,
      Optional<String> destVersion,
      Facts source,
      Facts destCloser,
      List<String> confs) {
    List<String> obstacles = new ArrayList<>();
    if (!MachineChecks.atLeast(sourceVersion, 5, 0)) {
      obstacles.add(
          "source's Redis is " + sourceVersion + ": REPLICAOF and CLIENT ID need 5.0 or newer");
    }
    if (destVersion.isEmpty()) {
      obstacles.add("the version of dest's Redis is not known before its launch");
    } else if (!majorMinor(sourceVersion).equals(majorMinor(destVersion.get()))) {
      obstacles.add(
          "Redis is %s on source and %s on dest: data goes both ways, so both must be the same"
              .formatted(sourceVersion, destVersion.get()));
    }
    if (!source.lines("tools").contains("ssh")) {
      obstacles.add("no ssh on source");
    }
    if (source.lines("sshd").stream()
        .anyMatch(
            line -> line.matches("(?i)allowtcpforwarding (no|remote)|disableforwarding yes"))) {
      obstacles.add("source's sshd forbids forwarding, by which dest reaches source's Redis");
    }
    List<String> inContainer = destCloser.lines("redis.tools");
    List<String> missing =
        Stream.of("ssh", "redis-cli", "timeout").filter(t -> !inContainer.contains(t)).toList();
    if (!missing.isEmpty()) {
      obstacles.add("no " + String.join(", no ", missing) + " in dest's Redis container");
    }
    for (String setting : List.of("rename-command", "requirepass")) {
      if (confs.stream().anyMatch(conf -> RedisSettings.find(conf, setting).isPresent())) {
        obstacles.add("a redis.conf has " + setting);
      }
    }
    return obstacles;
  }

  /**
   * Which way it will be.
   *
   * @param strategy {@code live} or {@code cold}
   * @param chosenBy {@code start form}, {@code platform file} or {@code auto}
   * @param reason why, in words
   * @param finding the same for the report; a stop when what was chosen is not possible
   */
  record Decision(String strategy, String chosenBy, String reason, Finding finding) {}

  /** What will be done, and why. */
  static Decision decide(StrategyChoice choice, List<String> obstacles) {
    String chosen = "chosen in the " + choice.place();
    String auto = "auto, by the " + choice.place() + ": ";
    String found = String.join("; ", obstacles);
    return switch (choice.wanted()) {
      case StrategyChoice.COLD -> passed(choice, StrategyChoice.COLD, chosen);
      case StrategyChoice.LIVE ->
          obstacles.isEmpty()
              ? passed(choice, StrategyChoice.LIVE, chosen)
              : new Decision(
                  StrategyChoice.LIVE,
                  choice.chosenBy(),
                  chosen + ", and not possible: " + found,
                  Finding.stop(
                      "platform",
                      CHECK,
                      "all that a live cut-over needs (" + chosen + ")",
                      found,
                      "mend it, or choose cold"));
      default ->
          obstacles.isEmpty()
              ? passed(choice, StrategyChoice.LIVE, auto + "nothing stands against a live cut-over")
              : new Decision(
                  StrategyChoice.COLD,
                  choice.chosenBy(),
                  auto + "a live cut-over is not possible: " + found,
                  Finding.warn(
                      "platform",
                      CHECK,
                      "all that a live cut-over needs",
                      found,
                      "nothing: the cut-over will be cold; mend it for a live one"));
    };
  }

  private static Decision passed(StrategyChoice choice, String strategy, String reason) {
    return new Decision(
        strategy,
        choice.chosenBy(),
        reason,
        Finding.pass("platform", CHECK, strategy + ", " + reason));
  }

  private static String majorMinor(String version) {
    return version.replaceFirst("^(\\d+\\.\\d+).*", "$1");
  }
}
