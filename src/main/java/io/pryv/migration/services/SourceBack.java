package io.pryv.migration.services;

import io.pryv.migration.machine.ConnectionLost;
import io.pryv.migration.machine.Container;
import io.pryv.migration.machine.Containers;
import io.pryv.migration.machine.FileUndo;
import io.pryv.migration.machine.Hands;
import io.pryv.migration.machine.Journal;
import io.pryv.migration.machine.LeaseHeld;
import io.pryv.migration.machine.NginxContainer;
import io.pryv.migration.machine.Notes;
import io.pryv.migration.machine.RegistrationHold;
import io.pryv.migration.machine.RemoteFiles;
import io.pryv.migration.machine.ServerIdentity;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.AtStop;
import io.pryv.migration.redis.DestData;
import io.pryv.migration.redis.Election;
import io.pryv.migration.redis.RedisDoor;
import io.pryv.migration.redis.RedisServer;
import io.pryv.migration.redis.RestingFiles;
import io.pryv.migration.redis.RoleFile;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Lets source take writes again as it did, from any point of the cold window before a client can
 * have written to dest. A dest that may take writes goes down first, one writer, and comes up again
 * afterwards, fenced and on its own data.
 */
final class SourceBack {

  private static final Duration LONGEST = Duration.ofMinutes(4);

  private final Register source;
  private final Shell shell;
  private final Containers sourceContainers;
  private final Containers destContainers;
  private final FileUndo sourceFiles;
  private final FileUndo destFiles;
  private final RoleFile destRole;
  private final Register dest;
  private final Notes destNotes;
  private final DestData destData;
  private final RedisDoor door;
  private final SignsOfLife signs;
  private final String migration;
  private final RemoteFiles texts;
  private String destDown = "";

  SourceBack(
      Hands hands,
      Journal journal,
      Register source,
      Register dest,
      RedisDoor door,
      SignsOfLife signs,
      String migration) {
    this.source = source;
    this.dest = dest;
    this.shell = hands.on(source.machine());
    this.sourceContainers = Containers.of(hands, source, migration);
    this.destContainers = Containers.of(hands, dest, migration);
    this.sourceFiles =
        new FileUndo(source.machine().name(), hands.files(source.machine()), journal);
    this.destFiles = new FileUndo(dest.machine().name(), hands.files(dest.machine()), journal);
    this.destRole = new RoleFile(hands, dest);
    this.destNotes = new Notes(hands.on(dest.machine()), migration);
    this.destData = new DestData(hands.on(dest.machine()), dest, migration);
    this.door = door;
    this.signs = signs;
    this.migration = migration;
    this.texts = hands.files(source.machine());
  }

  /**
   * How it went.
   *
   * @param already source served as before, nothing had to be done
   * @param answered how long each sign of life took
   * @param siteFileRestored whether nginx's site file had to be put back
   * @param destDown why dest, on its own data again, does not start; empty when it runs
   * @param destFailure why dest could not be put back, when it could not
   */
  record Restored(
      boolean already,
      Map<String, Duration> answered,
      boolean siteFileRestored,
      String destDown,
      Optional<StepFailure> destFailure) {

    String said() {
      return (already ? "already done: source serves as before" : "source serves again as before")
          + (siteFileRestored ? ", its site file put back to the byte" : "")
          + (already ? "" : answers())
          + (destDown.isEmpty() ? "" : "; dest is on its own data again, but is down: " + destDown);
    }

    private String answers() {
      return answered.entrySet().stream()
          .map(e -> e.getKey() + " after " + e.getValue().toMillis() + " ms")
          .collect(Collectors.joining(", ", "; answers: ", ""));
    }
  }

  /**
   * Puts source back; looks first, and touches nothing of a source that serves as before.
   *
   * @throws DestMayHaveTakenWrites when it is too late for that; source goes on refusing writes
   */
  Restored restore() {
    boolean siteFileRestored = undoSiteFileBeforeFirstClient();
    Optional<StepFailure> destFailure = asFarAsDestLets(this::holdDestDown);
    boolean roleRestored = sourceFiles.undo(source.layout().redisConfFile());
    boolean runs = runs();
    if (!runs) {
      sourceContainers.start();
    }
    // Its register and dns begin with a write: where a restart has left them silent behind the
    // fence, they answer once that is lifted.
    Readiness.after(() -> {}, source.machine().name(), List.of(signs.redis(source)), LONGEST);
    boolean writesRestored = restoreWrites();
    boolean wentOn = letRegistrationsGoOn();
    // No file of nginx names it any more.
    boolean destForgotten =
        sourceFiles.undo(ServerIdentity.file(source.layout(), dest.machine().publicAddress()));
    Map<String, Duration> answered =
        Readiness.after(() -> {}, source.machine().name(), signs.of(source), LONGEST);
    boolean forgotten = AtStop.forget(shell, migration);
    if (destFailure.isEmpty()) {
      destFailure = asFarAsDestLets(this::letDestGoOn);
    }
    return new Restored(
        runs
            && !siteFileRestored
            && !roleRestored
            && !writesRestored
            && !forgotten
            && !wentOn
            && !destForgotten,
        answered,
        siteFileRestored || wentOn,
        destDown,
        destFailure);
  }

  private boolean runs() {
    List<Container> now = sourceContainers.look();
    return !now.isEmpty() && now.stream().allMatch(Container::running);
  }

  private boolean restoreWrites() {
    try (RedisServer redis = door.open(source)) {
      boolean changed = new RestingFiles(shell, migration).end(redis);
      if (redis.fenced()) {
        redis.liftFence();
        changed = true;
      }
      if (redis.fenced()) {
        throw new StepFailure(
            source.machine().name(),
            "min-replicas-to-write of Redis",
            "0: clients may write again",
            redis.setting("min-slaves-to-write"),
            "set it to 0 by hand (`redis-cli CONFIG SET min-slaves-to-write 0` in its container), then retry");
      }
      return changed;
    }
  }

  /** Source takes writes: what waits in nginx is answered there, and nothing waits any more. */
  private boolean letRegistrationsGoOn() {
    String site = source.layout().nginxSiteFile();
    RegistrationHold hold =
        new RegistrationHold(shell, source.layout().nginxContainer(), migration);
    if (!letsWait(site) && !hold.laid()) {
      return false;
    }
    hold.leadToOldWriter();
    sourceFiles.undo(site);
    new NginxContainer(shell, source.layout()).replaceWorkers();
    hold.remove();
    return true;
  }

  /** Whether the site file leads to source's register, and lets registrations wait before that. */
  private boolean letsWait(String site) {
    return texts
        .read(site)
        .map(bytes -> new String(bytes, StandardCharsets.ISO_8859_1))
        .filter(text -> text.contains(RegistrationHold.directory(migration)))
        .isPresent();
  }

  /**
   * Once source's nginx reads the site file that points to dest, clients may have written there:
   * going back would lose what they wrote. Asked again behind the undo, since nginx may be started
   * at any moment; until then dest goes on, and source refuses writes.
   */
  private boolean undoSiteFileBeforeFirstClient() {
    String site = source.layout().nginxSiteFile();
    if (Election.notedLed(shell, migration)) {
      throw afterFirstClient(site);
    }
    Optional<String> mark = Election.beforeLeading(shell, migration);
    if (mark.isEmpty() && (!sourceFiles.edited(site) || letsWait(site))) {
      return false;
    }
    NginxContainer nginx = new NginxContainer(shell, source.layout());
    if (mark.isEmpty() || nginx.mayHaveReadSince(mark.get())) {
      throw afterFirstClient(site);
    }
    boolean written = sourceFiles.undo(site);
    if (nginx.mayHaveReadSince(mark.get())) {
      Election.noteLed(shell, migration);
      throw afterFirstClient(site);
    }
    Election.forgetLeading(shell, migration);
    return written;
  }

  private StepFailure afterFirstClient(String site) {
    return new DestMayHaveTakenWrites(
        source.machine().name(), source.layout().nginxContainer(), site);
  }

  /**
   * A connection that drops tells nothing of dest: what was under way there may have been done, or
   * not, or is still at work. So dest is asked again, which waits for the end of that, and does
   * what is left to do then. Whatever fails the second time, too, source must serve all the same,
   * since no client knows a way to dest, whose address is in no delegation and, from here on, in no
   * site file. This step is not done before dest has been put back.
   */
  private Optional<StepFailure> asFarAsDestLets(Runnable work) {
    try {
      work.run();
      return Optional.empty();
    } catch (LeaseHeld notOurs) {
      throw notOurs;
    } catch (StepFailure first) {
      try {
        work.run();
        return Optional.empty();
      } catch (LeaseHeld notOurs) {
        throw notOurs;
      } catch (StepFailure second) {
        second.addSuppressed(first);
        return Optional.of(
            new StepFailure(
                dest.machine().name(),
                "Redis",
                "fenced and on its own data, so that dest is no second writer when somebody is led"
                    + " there",
                "unknown: tried twice, " + second.about() + ": " + second.found(),
                "source serves as before, and no client knows a way to dest. See that dest is up,"
                    + " that its docker runs and its sshd can be reached from here, then retry the"
                    + " step: it looks what runs there and puts it back",
                second));
      }
    }
  }

  /** Before the first sync its data is its own, and it may run as it does. */
  private boolean destIsLeftAlone() {
    return !destNotes.has(DestData.KEPT);
  }

  private void holdDestDown() {
    if (destIsLeftAlone()) {
      return;
    }
    try {
      // First, so that whatever starts it from here on starts it fenced.
      if (destFiles.everEdited(dest.layout().redisConfFile())) {
        destRole.fenced();
      }
    } finally {
      killDestIfItMayTakeWrites();
    }
  }

  private void killDestIfItMayTakeWrites() {
    boolean up =
        destContainers.look().stream()
            .anyMatch(c -> c.up() && c.name().equals(dest.layout().redisContainer()));
    if (up && (destData.proven().used() || mayTakeWrites())) {
      destContainers.killRedis();
    }
  }

  private boolean mayTakeWrites() {
    try (RedisServer redis = door.open(dest)) {
      return !redis.fenced();
    } catch (ConnectionLost unknown) {
      throw unknown;
    } catch (StepFailure noAnswer) {
      return true;
    }
  }

  private void letDestGoOn() {
    if (destIsLeftAlone()) {
      return;
    }
    if (destData.proven().used()) {
      destData.giveBack();
    }
    if (!destContainers.look().stream().allMatch(Container::up)) {
      try {
        destContainers.startAgain();
      } catch (ConnectionLost unknown) {
        throw unknown;
      } catch (StepFailure doesNotStart) {
        // Source serves, and dest's file is fenced: the next window tries again.
        destDown = doesNotStart.found();
      }
    }
  }
}
