package io.pryv.migration.redis;

import io.pryv.migration.machine.Hands;
import io.pryv.migration.machine.NginxContainer;
import io.pryv.migration.machine.NginxDirective;
import io.pryv.migration.machine.Notes;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.machine.UnexpectedText;
import io.pryv.migration.platform.Layout;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * Who takes the platform's writes, as source's own files tell: its nginx leads clients to dest, or
 * its Redis follows another one. Every step that would harm an elected dest looks here first: the
 * engine's database may have been restored from a time before the cut-over, or a variable edited.
 */
public final class Election {

  private static final String UPSTREAM = "register_server";
  private static final String LED = "nginx-may-lead-to-dest";
  private static final String BEFORE_LEADING = "nginx-before-its-file-led-to-dest";

  private final Hands hands;
  private final Register source;
  private final Machine dest;

  public Election(Hands hands, Register source, Register dest) {
    this.hands = hands;
    this.source = source;
    this.dest = dest.machine();
  }

  /**
   * Goes on only while source is the platform's writer.
   *
   * @throws StepFailure when dest is, as source's files tell
   */
  public void requireSource() {
    Optional<String> sign = signOfDest();
    if (sign.isPresent()) {
      throw new StepFailure(
          source.machine().name(),
          sign.get().substring(0, sign.get().indexOf(": ")),
          "source the platform's writer, as before the cut-over",
          sign.get().substring(sign.get().indexOf(": ") + 2)
              + ": dest is the writer, and this step would harm it. Nothing was touched",
          "this program believes less to be done than the machines tell: was its database restored"
              + " from before the cut-over, or the migration moved by hand? Move it to where the"
              + " machines are (compareBeforeFollow; docs/operating.md tells how), or restore a newer"
              + " database");
    }
  }

  /**
   * Goes on only while source takes no write: a master behind its fence, in its file, too, or a
   * replica.
   *
   * @throws StepFailure when it would take one
   */
  public void requireRefusal(RedisDoor door) {
    try (RedisServer redis = door.open(source)) {
      if ("slave".equals(redis.info("replication").get("role"))) {
        return;
      }
      boolean fileLetThemIn = new RoleFile(hands, source).fenced();
      if (fileLetThemIn || !redis.fenced()) {
        throw new StepFailure(
            source.machine().name(),
            "Redis and its file",
            "it refuses writes, now and after a restart",
            "somebody has let writes in since they were stopped. No client was led to dest",
            "see who did so: what source has taken since, dest lacks. In the cold window source is"
                + " put back as it was; after it, ask for a rollback");
      }
    }
  }

  /**
   * Notes on source that its nginx is about to lead clients to dest. From then on dest may hold
   * what source lacks, whatever becomes of nginx and of its file.
   *
   * @return whether it had not been noted before
   */
  public static boolean noteLed(Shell onSource, String migration) {
    Notes notes = new Notes(onSource, migration);
    if (notes.has(LED)) {
      return false;
    }
    notes.put(LED, "source's nginx may have led clients to dest since");
    return true;
  }

  /** Whether {@link #noteLed} was called. */
  public static boolean notedLed(Shell onSource, String migration) {
    return new Notes(onSource, migration).has(LED);
  }

  /**
   * Notes on source, before its site file leads to dest, how nginx runs then: whoever puts the file
   * back looks whether nginx has read it since, also after a cut. A mark that is there is kept.
   */
  public static void noteBeforeLeading(Shell onSource, Layout layout, String migration) {
    Notes notes = new Notes(onSource, migration);
    if (!notes.has(BEFORE_LEADING)) {
      new NginxContainer(onSource, layout).noteMark(notes, BEFORE_LEADING);
    }
  }

  /** What {@link #noteBeforeLeading} noted, until the file is proven to be back unread. */
  public static Optional<String> beforeLeading(Shell onSource, String migration) {
    return new Notes(onSource, migration).read(BEFORE_LEADING);
  }

  /** The file is back, and nginx has not read it in between. */
  public static void forgetLeading(Shell onSource, String migration) {
    new Notes(onSource, migration).drop(BEFORE_LEADING);
  }

  /** What shows that dest is the writer, as {@code FILE: what it says}. */
  private Optional<String> signOfDest() {
    if (nginxLeadsToDest()) {
      return Optional.of(
          source.layout().nginxSiteFile() + ": leads clients to dest, " + dest.publicAddress());
    }
    return read(source.layout().redisConfFile())
        .flatMap(text -> RedisSettings.master(text))
        .map(master -> source.layout().redisConfFile() + ": makes source's Redis follow " + master);
  }

  /** Whether source's site file leads the register's clients to dest. */
  public boolean nginxLeadsToDest() {
    String path = source.layout().nginxSiteFile();
    if (path.isEmpty()) {
      return false;
    }
    try {
      return read(path).map(NginxDirective::parse).orElse(List.of()).stream()
          .filter(
              directive ->
                  directive.name().equals("upstream")
                      && directive.arguments().equals(List.of(UPSTREAM)))
          .flatMap(upstream -> upstream.children("server").stream())
          .anyMatch(
              server -> server.arguments().get(0).split(":", 2)[0].equals(dest.publicAddress()));
    } catch (UnexpectedText unreadable) {
      throw unreadable.in(source.machine().name(), path);
    }
  }

  private Optional<String> read(String path) {
    return path.isEmpty()
        ? Optional.empty()
        : hands
            .files(source.machine())
            .read(path)
            .map(bytes -> new String(bytes, StandardCharsets.ISO_8859_1));
  }
}
