package io.pryv.migration.proxy;

import static java.util.stream.Collectors.joining;

import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.FileText;
import io.pryv.migration.machine.NginxContainer;
import io.pryv.migration.machine.Quote;
import io.pryv.migration.machine.RegistrationHold;
import io.pryv.migration.machine.RemoteFiles;
import io.pryv.migration.machine.ServerIdentity;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.machine.TextDiff;
import io.pryv.migration.machine.UnexpectedText;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The nginx site file of a register, source's or in a rollback dest's, that will pass requests on
 * to the other one: its edit is prepared and tested while clients are served, and made later.
 */
final class SiteFile {

  /** Makes directories down to nginx's own, each with links to what lies there, but our files. */
  private static final String LAY_OUT =
      """
      trap 'rm -rf -- "$dir"' EXIT
      if [ -s "$dir/pid" ]; then kill "$(cat "$dir/pid")" || true; fi
      rm -rf -- "$dir"
      umask 077
      mkdir -- "$dir"
      beside() {
        for entry in "$1"/* "$1"/.[!.]*; do
          case ${entry##*/} in "$2" | [0-9]*.conf) continue ;; esac
          if [ -e "$entry" ]; then ln -s -- "$entry" "$dir$1/"; fi
        done
      }
      at=
      rest=${conf#/}/
      while [ -n "$rest" ]; do
        beside "$at" "${rest%%/*}"
        at=$at/${rest%%/*}
        mkdir -- "$dir$at"
        rest=${rest#*/}
      done
      beside "$at" ""
      """;

  /** Runs the trial, and asks it by whatever the container has. */
  private static final String ASK =
      """
      nginx -c "$main" 2>&1
      trap 'nginx -c "$main" -s stop >/dev/null 2>&1; rm -rf -- "$dir"' EXIT
      ask() {
        if command -v curl >/dev/null; then
          status=$(curl -s -o /dev/null -m 10 -w '%{http_code}' -H "Host: $1" "http://127.0.0.1:$port$url_path") || true
        elif command -v bash >/dev/null; then
          status=$(timeout 10 bash -c '
            exec 3<>"/dev/tcp/127.0.0.1/$1"
            printf "GET %s HTTP/1.0\\r\\nHost: %s\\r\\n\\r\\n" "$2" "$3" >&3
            read -r version status rest <&3
            echo "$status"' - "$port" "$url_path" "$1") || true
        else
          echo 'no curl and no bash in the container: nothing there can ask'
          exit 1
        fi
        echo "asked $1 ${status:-000}"
      }
      """;

  private final Register register;
  private final Shell shell;
  private final RemoteFiles files;
  private final String migration;

  SiteFile(Register register, Shell shell, RemoteFiles files, String migration) {
    this.register = register;
    this.shell = shell;
    this.files = files;
    this.migration = migration;
  }

  /**
   * An edit that nginx has accepted.
   *
   * @param before the file's text
   * @param holding with registrations that can wait until requests are passed on; the same as
   *     {@code before} where none is to
   * @param after with requests passed on to dest
   * @param hold what the holder of registrations is started with; empty when none is to wait
   * @param registerPort at which nginx reaches source's register
   * @param target where they are passed on to; null where an older program has prepared it
   */
  record Prepared(
      String before, String holding, String after, String hold, int registerPort, Target target) {

    String diff(String path) {
      return "```diff\n" + TextDiff.unified(path, before, after) + "```\n";
    }
  }

  /** Computes the new text and has the running nginx test it; nothing of the platform changes. */
  Prepared prepare(Target target) {
    return prepare(target, Duration.ZERO);
  }

  /**
   * As {@link #prepare(Target)}, with a text for the time before in which registrations can wait.
   *
   * @param longest how long each may; zero for none
   */
  Prepared prepare(Target target, Duration longest) {
    NginxTree tree = tree();
    String before = NginxSite.undo(read());
    Optional<HoldText> hold = HoldText.of(migration, longest);
    try {
      NginxSite parsed = parsed(before, tree);
      Prepared prepared =
          new Prepared(
              before,
              parsed.untilMoved(target.address(), Optional.empty(), hold),
              parsed.proxyTo(target.address()),
              hold.map(text -> text.configuration(RegistrationHold.queue(tree.connections())))
                  .orElse(""),
              parsed.registerPort(),
              target);
      if (hold.isPresent()) {
        test(prepared.holding(), tree, target);
      }
      test(prepared.after(), tree, target);
      return prepared;
    } catch (UnexpectedText e) {
      throw e.in(register.machine().name(), path());
    }
  }

  /**
   * Lets nginx work by the text in which registrations can wait, once somebody holds them.
   *
   * @return whether anything had to be done
   */
  boolean letWait(Prepared prepared) {
    FileText file = file();
    RegistrationHold hold =
        new RegistrationHold(shell, register.layout().nginxContainer(), migration);
    if (file.text().equals(prepared.holding()) && hold.ready(prepared.hold())) {
      return false;
    }
    requirePrepared(file.text(), prepared);
    writeAnchors(prepared.target());
    hold.lay(prepared.hold());
    files.write(path(), file.bytes(prepared.holding()), "644");
    try {
      new NginxContainer(shell, register.layout()).replaceWorkers();
    } catch (StepFailure refused) {
      files.write(path(), file.bytes(prepared.before()), "644");
      throw refused;
    }
    hold.noteReady();
    return true;
  }

  /**
   * Writes the prepared text; says whether anything had to be written.
   *
   * @throws StepFailure when the file is not the one that was prepared for
   */
  boolean apply(Prepared prepared) {
    FileText file = file();
    String now = file.text();
    if (now.equals(prepared.after())) {
      return false;
    }
    requirePrepared(now, prepared);
    writeAnchors(prepared.target());
    files.write(path(), file.bytes(prepared.after()), "644");
    if (!read().equals(prepared.after())) {
      throw new StepFailure(
          register.machine().name(),
          path(),
          "the text just written",
          "another",
          "see who else writes this file, then retry");
    }
    return true;
  }

  /** What the edited text refers to: before it, so that nginx never reads it without. */
  void writeAnchors(Target target) {
    if (target != null) {
      files.write(
          ServerIdentity.file(register.layout(), target.address()),
          target.anchors().getBytes(StandardCharsets.US_ASCII),
          "644");
    }
  }

  private void requirePrepared(String now, Prepared prepared) {
    if (!now.equals(prepared.before()) && !now.equals(prepared.holding())) {
      throw new StepFailure(
          register.machine().name(),
          path(),
          "the text for which the edit was prepared",
          "another: somebody has changed the file since",
          "see who changes it and put it back: the edit was prepared, and tested, for that text");
    }
  }

  String read() {
    return file().text();
  }

  FileText file() {
    return files
        .read(path())
        .map(FileText::of)
        .orElseThrow(
            () ->
                new StepFailure(
                    register.machine().name(),
                    path(),
                    "nginx's site file",
                    "no such file",
                    "name the right file as layout.nginxSiteFile in the platform file"));
  }

  String path() {
    return register.layout().nginxSiteFile();
  }

  /** The whole configuration that nginx works by. */
  NginxTree tree() {
    NginxTree tree = NginxTree.parse(new NginxContainer(shell, register.layout()).configuration());
    String site = NginxContainer.inside(register.layout(), path());
    if (!tree.reads(site)) {
      throw new StepFailure(
          register.machine().name(),
          path(),
          "a file that nginx reads (as " + site + " in " + register.layout().nginxContainer() + ")",
          "it reads only " + String.join(", ", tree.files().keySet()),
          "name the right file as layout.nginxSiteFile in the platform file, then retry");
    }
    return tree;
  }

  /** A text of the file, read as a part of that configuration. */
  NginxSite parsed(String text, NginxTree tree) {
    return NginxSite.parse(text, tree, NginxContainer.inside(register.layout(), path()));
  }

  /**
   * Lays the whole configuration out in the container's /tmp, with the new text, and tests it.
   * Beside the main file lies what lies beside the real one, since relative paths begin there.
   */
  void test(String text, NginxTree tree, Target target) {
    Map<String, String> laidOut = laidOut(text, tree, target);
    shell
        .run(
            Command.change(
                    "test the new site file in "
                        + register.layout().nginxContainer()
                        + ", in its /tmp",
                    exec("sh"))
                .withInput(
                    layOut(laidOut, tree, target)
                        + "nginx -t -c "
                        + Quote.sh(laidOut.keySet().iterator().next())
                        + " 2>&1\n"))
        .orFail(
            "nginx does not accept the edited file: see what it says, correct "
                + path()
                + ", then retry; nothing was changed");
  }

  /**
   * Runs a second nginx in the container for a moment, by the configuration that leads to dest, and
   * asks it for a path, under each host name that clients of the register use.
   *
   * @throws StepFailure when it does not run, or nothing in the container can ask it
   */
  TrialNginx.Said ask(Target target, String domain, String askedPath) {
    NginxTree tree = tree();
    NginxSite original = parsed(NginxSite.undo(read()), tree);
    String edited;
    try {
      edited = original.proxyTo(target.address());
    } catch (UnexpectedText e) {
      throw e.in(register.machine().name(), path());
    }
    int port = ThreadLocalRandom.current().nextInt(20_000, 30_000);
    Map<String, String> trial = TrialNginx.of(laidOut(edited, tree, target), directory(), port);
    String script =
        layOut(trial, tree, target)
            + "main=%s\nurl_path=%s\nport=%d\n"
                .formatted(Quote.sh(trial.keySet().iterator().next()), Quote.sh(askedPath), port)
            + ASK
            + original.hostNames(domain).stream()
                .map(host -> "ask " + Quote.sh(host) + "\n")
                .collect(joining())
            + "grep -E '\\[(error|crit|alert|emerg)\\]' \"$dir/errors\" 2>/dev/null | tail -n 3\n";
    return TrialNginx.Said.parse(
        shell
            .run(
                Command.change(
                        "ask "
                            + target.address()
                            + " by a second nginx in "
                            + register.layout().nginxContainer()
                            + ", for a moment",
                        exec("sh"))
                    .within(Duration.ofMinutes(2))
                    .withInput(script + "true\n"))
            .orFail(
                "see why a second nginx does not run by the edited configuration in that container,"
                    + " then retry; nothing was changed"));
  }

  private Map<String, String> laidOut(String text, NginxTree tree, Target target) {
    return tree.laidOut(
        directory() + tree.directory(),
        NginxContainer.inside(register.layout(), path()),
        text.replace(ServerIdentity.fileInside(target.address()), anchorsOfTrial()));
  }

  private String anchorsOfTrial() {
    return directory() + "/anchors";
  }

  private String directory() {
    return "/tmp/register-migration-" + migration;
  }

  private String layOut(Map<String, String> nginxFiles, NginxTree tree, Target target) {
    StringBuilder script =
        new StringBuilder("set -e\ndir=" + Quote.sh(directory()) + "\n")
            .append("conf=" + Quote.sh(tree.directory()) + "\n")
            .append(LAY_OUT);
    Map<String, String> all = new LinkedHashMap<>(nginxFiles);
    all.put(anchorsOfTrial(), target.anchors());
    all.forEach(
        (name, content) ->
            script
                .append("base64 -d >")
                .append(Quote.sh(name))
                .append(" <<'END'\n")
                .append(
                    Base64.getMimeEncoder(76, new byte[] {'\n'})
                        .encodeToString(content.getBytes(StandardCharsets.UTF_8)))
                .append("\nEND\n"));
    return script.toString();
  }

  private String exec(String command) {
    return "docker exec -i " + Quote.sh(register.layout().nginxContainer()) + " " + command;
  }
}
