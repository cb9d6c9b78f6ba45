package io.pryv.migration.proxy;

import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.FileText;
import io.pryv.migration.machine.NginxContainer;
import io.pryv.migration.machine.Notes;
import io.pryv.migration.machine.Quote;
import io.pryv.migration.machine.RegistrationHold;
import io.pryv.migration.machine.RemoteFiles;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.machine.TextDiff;
import io.pryv.migration.machine.UnexpectedText;
import io.pryv.migration.platform.Options;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Source's site file around a live cut-over: once dest is a proven replica, nginx asks it what
 * source refuses and can let registrations wait, and the file that leads to dest lies beside, for
 * the switch to move into its place. Before dest leaves that role in any other way than by the
 * switch, both are gone again, and nginx's old workers with them.
 */
final class RetryLocation {

  /** Stands for the log of failures as long as the migration has no id. */
  static final String FAILURES_BEFORE = "/tmp/register-migration-ID.log";

  private final Register source;
  private final Shell shell;
  private final RemoteFiles files;
  private final SiteFile site;
  private final RegistrationHold hold;
  private final String migration;

  RetryLocation(Register source, Shell shell, RemoteFiles files, String migration) {
    this.source = source;
    this.shell = shell;
    this.files = files;
    this.site = new SiteFile(source, shell, files, migration);
    this.hold = new RegistrationHold(shell, source.layout().nginxContainer(), migration);
    this.migration = migration;
  }

  /**
   * The texts of the site file, each accepted by nginx.
   *
   * @param before as it is
   * @param retry until the switch; the same as {@code before} when nothing is to be asked again or
   *     to wait
   * @param after from the switch on
   * @param hold what the holder of registrations is started with; empty when none is to wait
   * @param registerPort at which nginx reaches source's register
   * @param target dest; null where an older program has prepared it
   */
  record Prepared(
      String before, String retry, String after, String hold, int registerPort, Target target) {

    String diff(String path) {
      return "Until the switch:\n\n```diff\n"
          + TextDiff.unified(path, before, retry)
          + "```\n\nFrom the switch on:\n\n```diff\n"
          + TextDiff.unified(path, before, after)
          + "```\n";
    }
  }

  /** Where the file that leads to dest lies until the switch: no include of nginx's finds it. */
  static String stagedFile(Register source) {
    return source.layout().nginxSiteFile() + ".register-migration";
  }

  /** Computes the texts and has the running nginx test them; nothing of the platform changes. */
  Prepared prepare(Target target, Options options) {
    String before = NginxSite.undo(site.read());
    try {
      NginxTree tree = site.tree();
      NginxSite parsed = site.parsed(before, tree);
      Optional<HoldText> held = HoldText.of(migration, options.holdWrites());
      Prepared prepared =
          new Prepared(
              before,
              parsed.untilMoved(
                  target.address(),
                  Optional.of(failuresFile()).filter(failures -> options.retryOnDest()),
                  held),
              parsed.proxyTo(target.address()),
              held.map(text -> text.configuration(RegistrationHold.queue(tree.connections())))
                  .orElse(""),
              parsed.registerPort(),
              target);
      if (!prepared.retry().equals(before)) {
        site.test(prepared.retry(), tree, target);
      }
      site.test(prepared.after(), tree, target);
      removeFailures();
      return prepared;
    } catch (UnexpectedText e) {
      throw e.in(source.machine().name(), site.path());
    }
  }

  /**
   * Lays the file for the switch beside, and lets nginx ask dest.
   *
   * @return whether anything had to be written
   */
  boolean putIn(Prepared prepared) {
    FileText now = site.file();
    if (!now.text().equals(prepared.before()) && !now.text().equals(prepared.retry())) {
      throw new StepFailure(
          source.machine().name(),
          site.path(),
          "the text for which the edit was prepared",
          "another: somebody has changed the file since",
          "prepare it again");
    }
    if (!prepared.hold().isEmpty()) {
      hold.lay(prepared.hold());
    }
    site.writeAnchors(prepared.target());
    boolean staged = files.write(stagedFile(source), now.bytes(prepared.after()), "644");
    boolean edited = files.write(site.path(), now.bytes(prepared.retry()), "644");
    try {
      // Also when nothing had to be written: whether nginx has read it since, nobody knows.
      new NginxContainer(shell, source.layout()).replaceWorkers();
    } catch (StepFailure refused) {
      files.write(site.path(), now.bytes(prepared.before()), "644");
      hold.remove();
      throw refused;
    }
    return staged || edited;
  }

  /**
   * Takes both out again, with nginx's old workers.
   *
   * @return what had to be done, nothing on a second run
   */
  List<String> takeOut() {
    List<String> done = new ArrayList<>();
    boolean staged = files.read(stagedFile(source)).isPresent();
    FileText now = site.file();
    String original = NginxSite.undo(now.text());
    boolean edited = !now.text().equals(original);
    if (edited) {
      files.write(site.path(), now.bytes(original), "644");
      done.add("nginx on source asks dest no more, its site file as before");
    }
    if (edited || staged) {
      if (runs()) {
        hold.remove();
        new NginxContainer(shell, source.layout()).replaceWorkers();
      }
      keepFailures();
      files.remove(stagedFile(source));
    }
    return done;
  }

  /**
   * The writes that were refused and not asked again. Their log holds users' names: it is moved out
   * of the container to our notes, which go at the end of the migration.
   */
  List<RefusedWrite> refused() {
    keepFailures();
    return RefusedWrite.parse(new Notes(shell, migration).read("refused-writes").orElse(""));
  }

  /** Takes away what registrations waited in, once no worker of nginx works by the file for it. */
  void removeHold() {
    if (runs()) {
      hold.remove();
    }
  }

  /** An nginx that is down works by no file; it reads the one that is there when it starts. */
  private boolean runs() {
    return shell
        .run(
            Command.look(
                "see whether the proxy's container runs",
                "docker inspect -f '{{.State.Running}}' "
                    + Quote.sh(source.layout().nginxContainer())))
        .orFail("see that docker runs, then retry")
        .equals("true");
  }

  /** Behind what an undone switch has left there. */
  private void keepFailures() {
    if (!runs()) {
      return;
    }
    String left =
        shell
            .run(
                Command.look(
                    "see whether nginx has logged writes that it did not ask again",
                    inContainer("[ ! -e \"$file\" ] || echo there")))
            .orFail("see that the proxy's container runs, then retry");
    if (!left.isEmpty()) {
      shell
          .run(
              Command.change(
                  "move the log of writes that were not asked again to our notes",
                  "set -eu\numask 077\n"
                      + new Notes(shell, migration).directory()
                      + "mkdir -p -- \"$work\"\n"
                      + "cat \"$work/refused-writes\" 2>/dev/null"
                      + " >\"$work/refused-writes.new\" || true\n"
                      + inContainer("cat \"$file\"")
                      + " >>\"$work/refused-writes.new\"\n"
                      + "mv -fT -- \"$work/refused-writes.new\" \"$work/refused-writes\"\n"
                      + inContainer("rm -f \"$file\"")
                      + "\n"))
          .orFail("see that the proxy's container runs and HOME can be written, then retry");
    }
  }

  private void removeFailures() {
    shell
        .run(
            Command.change(
                "remove the log of writes that were not asked again",
                inContainer("rm -f \"$file\"")))
        .orFail("see that the proxy's container runs, then retry");
  }

  private String inContainer(String script) {
    return "docker exec %s sh -c %s"
        .formatted(
            Quote.sh(source.layout().nginxContainer()),
            Quote.sh("file=" + failuresFile() + "; " + script));
  }

  private String failuresFile() {
    return FAILURES_BEFORE.replace("ID", migration);
  }
}
