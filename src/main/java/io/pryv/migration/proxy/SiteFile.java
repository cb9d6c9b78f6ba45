package io.pryv.migration.proxy;

import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.FileText;
import io.pryv.migration.machine.NginxContainer;
import io.pryv.migration.machine.Quote;
import io.pryv.migration.machine.RemoteFiles;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.machine.TextDiff;
import io.pryv.migration.machine.UnexpectedText;
import io.pryv.migration.platform.Layout;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;

/** The nginx site file on source: its edit is prepared and tested before the window, made in it. */
final class SiteFile {

  private final Register source;
  private final Shell shell;
  private final RemoteFiles files;
  private final String migration;

  SiteFile(Register source, Shell shell, RemoteFiles files, String migration) {
    this.source = source;
    this.shell = shell;
    this.files = files;
    this.migration = migration;
  }

  /**
   * An edit that nginx has accepted.
   *
   * @param before the file's text
   * @param after with requests passed on to dest
   */
  record Prepared(String before, String after) {

    String diff(String path) {
      return "```diff\n" + TextDiff.unified(path, before, after) + "```\n";
    }
  }

  /** Computes the new text and has the running nginx test it; nothing of the platform changes. */
  Prepared prepare(String destAddress) {
    String before = read();
    String after;
    try {
      after = NginxSite.parse(before).proxyTo(destAddress);
    } catch (UnexpectedText e) {
      throw e.in(source.machine().name(), path());
    }
    test(after);
    return new Prepared(before, after);
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
    if (!now.equals(prepared.before())) {
      throw new StepFailure(
          source.machine().name(),
          path(),
          "the text for which the edit was prepared",
          "another: somebody has changed the file since",
          "see who changes it and put it back: the edit was prepared, and tested, for that text");
    }
    files.write(path(), file.bytes(prepared.after()), "644");
    if (!read().equals(prepared.after())) {
      throw new StepFailure(
          source.machine().name(),
          path(),
          "the text just written",
          "another",
          "see who else writes this file, then retry");
    }
    return true;
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
                    source.machine().name(),
                    path(),
                    "nginx's site file",
                    "no such file",
                    "name the right file as layout.nginxSiteFile in the platform file"));
  }

  String path() {
    return source.layout().nginxSiteFile();
  }

  /** Lays the whole configuration out in the container's /tmp, with the new text, and tests it. */
  void test(String text) {
    Layout layout = source.layout();
    NginxContainer nginx = new NginxContainer(shell, layout);
    String main = nginx.mainFile();
    NginxTree tree =
        NginxTree.parse(
            shell
                .run(
                    Command.look(
                            "read the configuration that nginx runs with",
                            exec("nginx -T -c " + Quote.sh(main)) + " 2>/dev/null")
                        .within(Duration.ofSeconds(30)))
                .orFail("run nginx -t in the proxy's container and correct what it says"));
    String site = nginx.inside(path());
    if (!tree.reads(site)) {
      throw new StepFailure(
          source.machine().name(),
          path(),
          "a file that nginx reads (as " + site + " in " + layout.nginxContainer() + ")",
          "it reads only " + String.join(", ", tree.files().keySet()),
          "name the right file as layout.nginxSiteFile in the platform file, then retry");
    }
    String directory = "/tmp/register-migration-" + migration;
    Map<String, String> laidOut = tree.laidOut(directory, site, text);
    StringBuilder script = new StringBuilder("set -e\ndir=" + Quote.sh(directory) + "\n");
    script.append("trap 'rm -rf -- \"$dir\"' EXIT\nrm -rf -- \"$dir\"\nmkdir -m 700 -- \"$dir\"\n");
    laidOut.forEach(
        (name, content) ->
            script
                .append("base64 -d >")
                .append(Quote.sh(name))
                .append(" <<'END'\n")
                .append(
                    Base64.getMimeEncoder(76, new byte[] {'\n'})
                        .encodeToString(content.getBytes(StandardCharsets.UTF_8)))
                .append("\nEND\n"));
    script
        .append("nginx -t -c ")
        .append(Quote.sh(laidOut.keySet().iterator().next()))
        .append(" 2>&1\n");
    shell
        .run(
            Command.change(
                    "test the new site file in " + layout.nginxContainer() + ", in its /tmp",
                    exec("sh"))
                .withInput(script.toString()))
        .orFail(
            "nginx does not accept the edited file: see what it says, correct "
                + path()
                + ", then retry; nothing was changed");
  }

  private String exec(String command) {
    return "docker exec -i " + Quote.sh(source.layout().nginxContainer()) + " " + command;
  }
}
