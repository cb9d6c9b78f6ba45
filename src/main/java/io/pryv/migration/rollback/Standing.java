package io.pryv.migration.rollback;

import io.pryv.migration.machine.Containers;
import io.pryv.migration.machine.FileUndo;
import io.pryv.migration.machine.Hands;
import io.pryv.migration.machine.Journal;
import io.pryv.migration.machine.LeaseHeld;
import io.pryv.migration.machine.NginxContainer;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.Election;
import io.pryv.migration.redis.RedisDoor;
import io.pryv.migration.redis.RedisServer;
import io.pryv.migration.redis.RedisSettings;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;

/**
 * Who takes writes, as the machines say it, and never as the engine remembers it.
 *
 * @param writer who does, or did last and would again
 * @param sourceReady source follows dest, or stands fenced behind it
 * @param because what tells
 * @param facts of both sides, as Markdown
 */
record Standing(Writer writer, boolean sourceReady, String because, String facts) {

  private static final String REPLICA_OF = "replica of ";

  /** The one whose data counts. */
  enum Writer {
    /** No client's write can have reached dest. */
    SOURCE,
    /** Dest may have acknowledged writes that source lacks. */
    DEST
  }

  /**
   * One side.
   *
   * @param role of its Redis; empty when that does not answer
   */
  private record Side(
      String machine, String role, boolean fenced, String master, String file, String containers) {

    boolean answers() {
      return !role.isEmpty();
    }

    boolean replica() {
      return role.equals("slave");
    }

    boolean followsAfterRestart() {
      return file.startsWith(REPLICA_OF);
    }

    boolean writer() {
      return role.equals("master") && !fenced;
    }

    String row() {
      return "| %s | %s | %s | %s |%n"
          .formatted(
              machine,
              answers()
                  ? role + (replica() ? " of " + master : "") + (fenced ? ", fenced" : "")
                  : "does not answer",
              file,
              containers);
    }
  }

  /**
   * Looks at both machines.
   *
   * @throws StepFailure when dest may hold acknowledged writes and its Redis does not answer
   */
  static Standing of(
      Hands hands,
      Journal journal,
      Register source,
      Register dest,
      RedisDoor door,
      String migration) {
    Side here = side(hands, source, door, migration, file(hands, source));
    Side there = side(hands, dest, door, migration, fileIfReadable(hands, dest));
    Shell onSource = hands.on(source.machine());
    NginxContainer nginx = new NginxContainer(onSource, source.layout());
    String site = source.layout().nginxSiteFile();
    boolean edited =
        new FileUndo(source.machine().name(), hands.files(source.machine()), journal).edited(site);
    boolean led =
        Election.notedLed(onSource, migration)
            || Election.beforeLeading(onSource, migration)
                .map(nginx::mayHaveReadSince)
                .orElse(edited);
    String facts =
        "| machine | Redis | its file says | containers |\n|---|---|---|---|\n"
            + here.row()
            + there.row()
            + "\nSource's nginx "
            + (led ? "leads clients to dest" : "has led no client to dest")
            + (edited && !led ? "; its site file was edited, but not read since" : "")
            + ".\n";
    // The switch turns source behind an elected dest, also where nginx then refuses its file.
    boolean turned = (here.replica() || here.followsAfterRestart()) && !there.replica();
    if (!led && !turned) {
      return new Standing(Writer.SOURCE, false, "source's nginx has led no client to dest", facts);
    }
    if (!there.answers()) {
      throw new StepFailure(
          there.machine(),
          "Redis",
          "its role: it may be elected, and it may hold writes that source lacks",
          "it does not answer (" + there.containers() + ")",
          "bring dest's Redis up again (docker start "
              + dest.layout().redisContainer()
              + "), then retry; nothing was changed");
    }
    if (there.replica()) {
      return new Standing(
          Writer.SOURCE, false, "dest follows " + there.master() + " and takes no write", facts);
    }
    boolean ready = here.replica() || there.fenced() || (here.answers() && here.fenced());
    String because =
        there.writer()
            ? "dest's Redis takes writes, and source "
                + (led ? "leads clients there" : "follows another Redis")
            : "dest took writes until it was fenced: a return to source was begun";
    return new Standing(Writer.DEST, ready, because, facts);
  }

  private static Side side(
      Hands hands, Register register, RedisDoor door, String migration, String file) {
    String role = "";
    String master = "";
    boolean fenced = false;
    try (RedisServer redis = door.open(register)) {
      Map<String, String> info = redis.info("replication");
      role = info.getOrDefault("role", "");
      master = info.getOrDefault("master_host", "") + ":" + info.getOrDefault("master_port", "");
      fenced = redis.fenced();
    } catch (StepFailure noAnswer) {
      // A fact like the others.
    }
    return new Side(
        register.machine().name(),
        role,
        fenced,
        master,
        file,
        containers(hands, register, migration));
  }

  private static String containers(Hands hands, Register register, String migration) {
    try {
      return Containers.describe(Containers.of(hands, register, migration).look());
    } catch (LeaseHeld notOurs) {
      throw notOurs;
    } catch (StepFailure noAnswer) {
      return "docker does not answer";
    }
  }

  /** What dest's file says decides nothing. */
  private static String fileIfReadable(Hands hands, Register register) {
    try {
      return file(hands, register);
    } catch (LeaseHeld notOurs) {
      throw notOurs;
    } catch (StepFailure unreadable) {
      return "not readable";
    }
  }

  private static String file(Hands hands, Register register) {
    String text =
        hands
            .files(register.machine())
            .read(register.layout().redisConfFile())
            .map(bytes -> new String(bytes, StandardCharsets.ISO_8859_1))
            .orElse("");
    Optional<String> master = RedisSettings.master(text);
    Optional<String> fence = RedisSettings.find(text, "min-replicas-to-write");
    return master.map(of -> REPLICA_OF + of).orElse("master")
        + (fence.isPresent() && !fence.get().equals("0") ? ", fenced" : "");
  }
}
