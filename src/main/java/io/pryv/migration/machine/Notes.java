package io.pryv.migration.machine;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What a migration keeps on a machine for itself: files in {@code
 * $HOME/.register-migration/MIGRATION}. They are looked at instead of what the engine remembers,
 * and removed at the end.
 */
public final class Notes {

  private final Shell shell;
  private final String migration;

  public Notes(Shell shell, String migration) {
    this.shell = shell;
    this.migration = migration;
  }

  /** Sets the shell variable {@code work} to the directory. */
  public String directory() {
    return "work=\"$HOME/.register-migration/\"" + Quote.sh(migration) + "\n";
  }

  /** Whether there is such a note. */
  public boolean has(String name) {
    return !look("look for the note " + name, "[ ! -e \"$work\"/%s ] || echo there\n", name)
        .isEmpty();
  }

  /** The text of a note, stripped, if there is one. */
  public Optional<String> read(String name) {
    String text =
        look(
            "read the note " + name,
            "[ ! -e \"$work\"/%1$s ] || { echo there; cat \"$work\"/%1$s; }\n",
            name);
    return text.isEmpty()
        ? Optional.empty()
        : Optional.of(text.substring("there".length()).strip());
  }

  /** Writes a note, so that it outlasts a power cut. */
  public void put(String name, String text) {
    shell
        .run(
            Command.change(
                "note " + name,
                directory()
                    + """
                    umask 077
                    note="$work"/%s
                    mkdir -p "$work" && printf '%%s\\n' %s >"$note.new" && sync -- "$note.new" && mv "$note.new" "$note" && sync -- "$work"
                    """
                        .formatted(Quote.sh(name), Quote.sh(text))))
        .orFail("see that HOME can be written, then retry");
  }

  /** Removes a note, so that no power cut brings it back. */
  public void drop(String name) {
    shell
        .run(
            Command.change(
                "drop the note " + name,
                directory()
                    + "[ ! -e \"$work\" ] || { rm -f \"$work\"/%s && sync -- \"$work\"; }\n"
                        .formatted(Quote.sh(name))))
        .orFail("see that HOME can be written, then retry");
  }

  /** Names of the migration's detached jobs that have left files here. */
  public List<String> jobs() {
    return shell
        .run(
            Command.look(
                "look for jobs of this migration",
                directory()
                    + "for job in \"$work\"/*/pid; do"
                    + " [ ! -e \"$job\" ] || basename \"$(dirname \"$job\")\"; done\n"))
        .orFail("see that HOME can be read, then retry")
        .lines()
        .filter(line -> !line.isBlank())
        .toList();
  }

  /**
   * Removes all of them, so that no power cut brings them back.
   *
   * @return whether there were any
   */
  public boolean remove() {
    String left =
        shell
            .run(
                Command.look(
                    "look for this migration's notes",
                    directory() + "[ ! -e \"$work\" ] || echo there\n"))
            .orFail("see that HOME can be read, then retry");
    if (left.isEmpty()) {
      return false;
    }
    shell
        .run(
            Command.change(
                    "remove this migration's notes",
                    directory()
                        + """
                        as_root rm -rf -- "$work"
                        rmdir -- "${work%/*}" 2>/dev/null
                        [ ! -e "$work" ] || exit
                        if [ -e "${work%/*}" ]; then sync -- "${work%/*}"; else sync -- "$HOME"; fi
                        """)
                .within(Duration.ofMinutes(3)))
        .orFail("remove the directory by hand, then retry");
    return true;
  }

  private String look(String purpose, String script, String name) {
    return shell
        .run(Command.look(purpose, directory() + script.formatted(Quote.sh(name))))
        .orFail("see that HOME can be read, then retry");
  }
}
