package io.pryv.migration.cutover;

import io.pryv.migration.cutover.SwitchLog.Outcome;
import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.DetachedJob;
import io.pryv.migration.machine.Hands;
import io.pryv.migration.machine.Journal;
import io.pryv.migration.machine.Quote;
import io.pryv.migration.machine.RemoteFiles;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.RedisConf;
import io.pryv.migration.redis.RedisDoor;
import io.pryv.migration.redis.RedisServer;
import io.pryv.migration.redis.RedisSettings;
import io.pryv.migration.redis.RoleFile;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;
import java.util.function.BinaryOperator;

/**
 * The switch of the live cut-over, as this program sees it: prepared, launched on source, looked at
 * until it has come to its outcome. The switch itself is {@code switch.bash}.
 */
final class Switch {

  private static final String PURPOSE = "the switch from source to dest";

  private final Hands hands;
  private final Journal journal;
  private final RedisDoor door;
  private final SwitchScript script;

  Switch(Hands hands, Journal journal, RedisDoor door, SwitchScript script) {
    this.hands = hands;
    this.journal = journal;
    this.door = door;
    this.script = script;
  }

  /**
   * One look at it.
   *
   * @param log of what it did so far
   * @param outcome empty while it runs
   */
  record Look(SwitchLog log, Optional<Outcome> outcome) {

    /** Whether it settles what an earlier one left. */
    boolean settles() {
      return log.words("settle").isPresent();
    }
  }

  /**
   * Waits for the outcome of a switch that was begun, and settles one that was cut off.
   *
   * @return empty when none was begun, or when all of the last one was undone and told
   */
  Optional<Look> settle(Duration wait) {
    if (job().look(Duration.ZERO).state() != DetachedJob.State.ABSENT || has("before")) {
      return Optional.of(look(wait));
    }
    if (has("intended")) {
      // Prepared only. If source's Redis was started again since, it takes itself for a replica.
      job().launch(script.settling());
      return Optional.of(look(wait));
    }
    return Optional.empty();
  }

  /** How long clients would be held, from round trips to dest made now. */
  Duration measure() {
    String output =
        onSource()
            .run(
                Command.look(
                        "measure how long the switch would take", inBash(runs(script::measuring)))
                    .within(Duration.ofSeconds(40))
                    .asRoot())
            .output();
    SwitchLog log = SwitchLog.parse(output);
    return log.words("outcome")
        .filter(words -> words.startsWith("measured "))
        .map(words -> Duration.ofMillis(Long.parseLong(words.split(" ", -1)[1])))
        .orElseThrow(
            () ->
                new StepFailure(
                    sourceMachine().name(),
                    "the switch, measured only",
                    "connections to source's Redis and, through ssh, to dest's",
                    log.said(),
                    "see that dest follows source and that dest accepts the tunnel's key, then"
                        + " retry; nothing was changed"));
  }

  /**
   * Launches the switch, or attaches to it, and waits for its outcome for a while. A switch that is
   * gone without an outcome is launched again, and then settles what was left.
   *
   * @param wait at most 3 s
   */
  Look look(Duration wait) {
    DetachedJob job = job();
    DetachedJob.Status status = job.look(Duration.ZERO);
    if (status.state() == DetachedJob.State.ABSENT) {
      status = job.launch(has("before") ? script.settling() : prepared());
    }
    if (status.running()) {
      status = job.look(wait);
    }
    SwitchLog log = SwitchLog.parse(status.tail());
    Optional<Outcome> outcome = log.outcome();
    if (status.running()) {
      return new Look(log, Optional.empty());
    }
    if (outcome.isEmpty()) {
      String end = status.tail();
      boolean began = !log.subSteps().isEmpty();
      job.forget();
      if (!began) {
        throw new StepFailure(
            sourceMachine().name(),
            PURPOSE,
            "a script that begins",
            "exit code " + status.exitCode() + ": " + end.strip(),
            "see that the user is root on source or may use `sudo -n`, then retry; nothing was"
                + " changed");
      }
      job.launch(script.settling());
      return new Look(log, Optional.empty());
    }
    if (outcome.get() == Outcome.SWITCHED || outcome.get() == Outcome.BUT) {
      electInFile();
    }
    if (outcome.get() != Outcome.SWITCHED) {
      // The next try, if there is one, begins anew, or settles what is left.
      job.forget();
    }
    return new Look(log, outcome);
  }

  /**
   * Dest's next start must not come up fenced; one that did meanwhile takes writes again. Not once
   * a return to source has begun: it begins with source's file, which is no replica's any more.
   */
  private void electInFile() {
    if (RedisSettings.master(redisConf()).isEmpty()) {
      return;
    }
    new RoleFile(hands, script.dest()).writer();
    try (RedisServer dest = door.open(script.dest())) {
      if ("master".equals(dest.info("replication").get("role")) && dest.fenced()) {
        dest.liftFence();
      }
    }
  }

  /**
   * What must be on source's disk before: its redis.conf and settings as they were, for the switch
   * to put back; then the redis.conf that keeps a restarted Redis from being a second writer; and
   * in the journal, what the switch will do with nginx's file.
   */
  private String prepared() {
    RemoteFiles files = hands.files(sourceMachine());
    Optional<byte[]> staged = files.read(script.stagedSite());
    if (staged.isEmpty()) {
      throw new StepFailure(
          sourceMachine().name(),
          script.stagedSite(),
          "the site file that the switch will move into its place",
          "no file",
          "retry the step before this one");
    }
    String conf = script.source().layout().redisConfFile();
    String original = RedisConf.writer(redisConf());
    onSource()
        .run(
            Command.change(
                    "keep redis.conf and settings of Redis as they are before the switch",
                    "set -eu\numask 077\n"
                        + SwitchScript.state(script.migration())
                        + """
                        mkdir -p -- "$state"
                        cp --attributes-only --preserve=all -- %s "$state/redis.conf.new"
                        base64 -d >"$state/redis.conf.new"
                        sync -- "$state/redis.conf.new"
                        mv -fT -- "$state/redis.conf.new" "$state/redis.conf"
                        if [ ! -e "$state/intended" ]; then
                          echo %s >"$state/intended.new"
                          sync -- "$state/intended.new"
                          mv -fT -- "$state/intended.new" "$state/intended"
                        fi
                        sync -- "$state"
                        """
                            .formatted(Quote.sh(conf), Quote.sh(settings())))
                .withInput(
                    Base64.getEncoder()
                        .encodeToString(original.getBytes(StandardCharsets.ISO_8859_1)))
                .asRoot())
        .orFail("see that HOME on source can be written, then retry");
    new RoleFile(hands, script.source()).replicaOf(script.followHost(), script.followPort());
    String site = script.source().layout().nginxSiteFile();
    long entry = journal.willEdit(sourceMachine().name(), site, "644", files.read(site), staged);
    journal.done(entry, 0, Duration.ZERO, "left to the switch, which makes this edit");
    return runs(script::switching);
  }

  /** As the switch reads them, which sets them for a while. */
  private String settings() {
    try (RedisServer source = door.open(script.source())) {
      return String.join(
          " ",
          source.setting("min-slaves-to-write"),
          source.setting("min-slaves-max-lag"),
          source.setting("repl-ping-slave-period"));
    }
  }

  /**
   * Whether an earlier try has left that file: {@code intended} when it was prepared, {@code
   * before} when it has begun to change something, and neither once it was undone.
   */
  private boolean has(String file) {
    return !onSource()
        .run(
            Command.look(
                    "see whether an earlier switch was interrupted",
                    SwitchScript.state(script.migration())
                        + "[ ! -e \"$state/"
                        + file
                        + "\" ] || echo yes")
                .asRoot())
        .orFail("see that HOME on source can be read, then retry")
        .isEmpty();
  }

  /** Source's, byte for byte as characters. */
  private String redisConf() {
    String path = script.source().layout().redisConfFile();
    return hands
        .files(sourceMachine())
        .read(path)
        .map(bytes -> new String(bytes, StandardCharsets.ISO_8859_1))
        .orElseThrow(
            () ->
                new StepFailure(
                    sourceMachine().name(),
                    path,
                    "a file",
                    "none",
                    "name the right file in the platform file, then retry"));
  }

  private String runs(BinaryOperator<String> text) {
    try (RedisServer source = door.open(script.source());
        RedisServer dest = door.open(script.dest())) {
      return text.apply(source.info("server").get("run_id"), dest.info("server").get("run_id"));
    }
  }

  /** As the detached job runs it: as a file of its own, since it begins again by sudo. */
  private static String inBash(String text) {
    return "umask 077\nfile=$(mktemp) && trap 'rm -f -- \"$file\"' EXIT && printf '%s' "
        + Quote.sh(text)
        + " >\"$file\" && bash \"$file\"";
  }

  private DetachedJob job() {
    return new DetachedJob(onSource(), script.migration(), "switch", PURPOSE);
  }

  private Shell onSource() {
    return hands.on(sourceMachine());
  }

  private Machine sourceMachine() {
    return script.source().machine();
  }
}
