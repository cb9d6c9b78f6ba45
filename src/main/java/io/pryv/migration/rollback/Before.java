package io.pryv.migration.rollback;

import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.Notes;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.platform.Register;
import java.time.Duration;
import java.util.Optional;

/** How the files of one machine were before its first change, kept in a note on the machine. */
final class Before {

  private static final String NOTE = "tree-before";
  private static final Duration DEADLINE = Duration.ofMinutes(3);

  private final Register register;
  private final Shell shell;
  private final Notes notes;

  Before(Register register, Shell shell, String migration) {
    this.register = register;
    this.shell = shell;
    this.notes = new Notes(shell, migration);
  }

  /**
   * What is kept.
   *
   * @param made whether it has been recorded just now
   * @param digest SHA-256 of the listing
   * @param files how many entries it has
   */
  record Recorded(boolean made, String digest, long files) {}

  /** Records the files, unless that was done before. */
  Recorded record() {
    boolean made = !notes.has(NOTE);
    if (made) {
      shell
          .run(
              Command.change(
                      "note how the files of CONF_ROOT and ~/.ssh are",
                      notes.directory()
                          + HashTree.listing(register)
                          + """
                          set -o pipefail
                          umask 077
                          mkdir -p "$work" && listing >"$work/tree-before.new" && sync -- "$work/tree-before.new" &&
                            mv "$work/tree-before.new" "$work/tree-before" && sync -- "$work"
                          """)
                  .within(DEADLINE))
          .orFail("see that every file below CONF_ROOT and ~/.ssh can be read, then retry");
    }
    String[] said =
        shell
            .run(
                Command.look(
                    "hash the note of the files",
                    notes.directory()
                        + "sha256sum <\"$work/tree-before\" | cut -d' ' -f1; wc -l"
                        + " <\"$work/tree-before\"\n"))
            .orFail("see that HOME can be read, then retry")
            .split("\\s+", -1);
    return new Recorded(made, said[0], Long.parseLong(said[1]));
  }

  /** The files as they were recorded. */
  Optional<HashTree> tree() {
    return notes.read(NOTE).map(HashTree::parse);
  }

  /** The files as they are. */
  HashTree now() {
    return HashTree.parse(
        shell
            .run(
                Command.look(
                        "look how the files of CONF_ROOT and ~/.ssh are",
                        HashTree.listing(register) + "set -o pipefail\nlisting\n")
                    .within(DEADLINE))
            .orFail("see that every file below CONF_ROOT and ~/.ssh can be read, then retry"));
  }
}
