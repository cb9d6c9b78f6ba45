package io.pryv.migration.machine;

import io.pryv.migration.platform.StepFailure;

/**
 * Notes on a machine that a directory has been proven, with the size and the times of each of its
 * files; whoever relies on the proof compares them. So nobody can do without the proof by editing a
 * variable, and nothing can have changed since.
 */
public final class ProvenData {

  /** Among the notes of the migration: the proven data is in use. */
  public static final String USED = "proven-data.used";

  private final Shell shell;
  private final String directory;
  private final String migration;

  public ProvenData(Shell shell, String directory, String migration) {
    this.shell = shell;
    this.directory = directory;
    this.migration = migration;
  }

  /** Notes the directory as it is. */
  public void note() {
    shell
        .run(
            Command.change(
                "note that the data is proven",
                prologue()
                    + "set -o pipefail\numask 077\nmkdir -p \"${note%/*}\"\nrm -f \"$used\"\n"
                    + "list >\"$note.new\" && sync -- \"$note.new\" && mv \"$note.new\" \"$note\""
                    + " && sync -- \"${note%/*}\""))
        .orFail("see that HOME can be written, then retry");
  }

  /**
   * Goes on only if the directory is as it was noted.
   *
   * @throws StepFailure when it was never noted, or has changed since
   */
  public void require() {
    String found =
        shell
            .run(
                Command.look(
                    "see whether the data is as it was proven",
                    prologue()
                        + "[ -e \"$note\" ] || { echo none; exit 0; }\n"
                        + "list | cmp -s - \"$note\" || list | diff \"$note\" - | sed -n"
                        + " 's/^[<>] //p' | cut -d' ' -f1 | sort -u | head -n 5\n"))
            .orFail("see that the user may read " + directory + ", then retry");
    if (!found.isEmpty()) {
      throw new StepFailure(
          shell.machine().name(),
          directory,
          "the files for which the step proveCopy proved equal checksums",
          found.equals("none")
              ? "that proof was never made"
              : "changed since: " + found.replace("\n", ", "),
          "see who writes there; let the step proveCopy run (again)");
    }
  }

  /** Notes that from now on whoever changes the directory does so by our will. */
  public void use() {
    shell
        .run(
            Command.change(
                "note that the proven data is used",
                prologue() + "touch \"$used\" && sync -- \"$used\" \"${used%/*}\""))
        .orFail("see that HOME can be written, then retry");
  }

  /** Whether {@link #use} was called since it was proven. */
  public boolean used() {
    return shell
        .run(Command.look("see whether the proven data is used", prologue() + "[ -e \"$used\" ]"))
        .succeeded();
  }

  /** Forgets all that was noted: the directory is proven no more. */
  public void forget() {
    shell
        .run(
            Command.change(
                "note that no data is proven",
                prologue()
                    + "dir=${note%/*}\n"
                    + "[ ! -e \"$dir\" ] || { rm -f \"$note\" \"$used\" && sync -- \"$dir\"; }\n"))
        .orFail("see that HOME can be written, then retry");
  }

  private String prologue() {
    return """
        note="$HOME/.register-migration/"%s/proven-data
        used="${note%%/*}/%s"
        list() { as_root find %s -type f -printf '%%P %%s %%T@ %%C@\\n' | LC_ALL=C sort; }
        """
        .formatted(Quote.sh(migration), USED, Quote.sh(directory));
  }
}
