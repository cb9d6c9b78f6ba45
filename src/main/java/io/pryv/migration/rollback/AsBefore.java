package io.pryv.migration.rollback;

import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.Container;
import io.pryv.migration.machine.Containers;
import io.pryv.migration.machine.Hands;
import io.pryv.migration.machine.Journal;
import io.pryv.migration.machine.Quote;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Whether one machine is as it was before the first change: its files, byte for byte, and its
 * services. What we have left behind is a failure; what others have changed meanwhile is listed.
 */
final class AsBefore {

  private final Register register;
  private final Shell shell;
  private final Journal journal;
  private final Containers containers;
  private final Before before;

  AsBefore(Hands hands, Journal journal, Register register, String migration) {
    this.register = register;
    this.shell = hands.on(register.machine());
    this.journal = journal;
    this.containers = Containers.of(hands, register, migration);
    this.before = new Before(register, shell, migration);
  }

  /**
   * What was compared.
   *
   * @param files how many entries are the same
   * @param grown logs that only became longer
   * @param others what was changed by somebody else's hand
   */
  record Compared(String machine, long files, List<String> grown, List<String> others) {

    String markdown() {
      return "### %s%n%n%d files and directories as before.%n%n".formatted(machine, files)
          + list("Logs that became longer", grown)
          + list("**Changed by others meanwhile**, and left alone", others);
    }

    private static String list(String what, List<String> lines) {
      return lines.isEmpty()
          ? ""
          : what
              + ":\n\n"
              + lines.stream().map("- %s%n"::formatted).collect(Collectors.joining())
              + "\n";
    }
  }

  /** Compares; empty when nothing was recorded, since nothing was changed then. */
  Optional<Compared> prove() {
    Optional<HashTree> was = before.tree();
    if (was.isEmpty()) {
      return Optional.empty();
    }
    HashTree is = before.now();
    Map<String, HashTree.Change> changes = was.get().changesTo(is);
    Set<String> longer = longer(changes);
    List<String> ours = new ArrayList<>();
    List<String> others = new ArrayList<>();
    changes.forEach(
        (path, change) -> {
          if (!longer.contains(path)) {
            (isOurs(path) ? ours : others).add("`%s` %s".formatted(path, change.inWords()));
          }
        });
    if (!ours.isEmpty()) {
      throw new StepFailure(
          register.machine().name(),
          "files of CONF_ROOT and ~/.ssh",
          "those that this migration has edited, as they were",
          String.join("; ", ours),
          "put them back by hand (the journal holds what they were), then retry");
    }
    proveServices();
    return Optional.of(
        new Compared(
            register.machine().name(),
            is.entries().size() - longer.size() - others.size(),
            List.copyOf(longer),
            others));
  }

  private boolean isOurs(String path) {
    return path.contains("register-migration")
        || journal.edits(register.machine().name()).stream()
            .anyMatch(edit -> edit.path().equals(path));
  }

  /** Files that begin with every byte they had. */
  private Set<String> longer(Map<String, HashTree.Change> changes) {
    StringBuilder script =
        new StringBuilder(
            """
            begins() {
              [ "$(as_root head -c "$2" -- "$1" | sha256sum | cut -d' ' -f1)" != "$3" ] || echo "$1"
            }
            """);
    changes.forEach(
        (path, change) -> {
          String[] was = change.was().split(" ", -1);
          if (was.length == 6 && was[0].equals("file") && change.is().startsWith("file ")) {
            script.append(
                "begins %s %s %s%n".formatted(Quote.sh(path), Quote.sh(was[3]), Quote.sh(was[5])));
          }
        });
    return shell
        .run(Command.look("see which files only became longer", script + "true\n"))
        .orFail("see that these files can be read, then retry")
        .lines()
        .filter(line -> !line.isBlank())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private void proveServices() {
    Optional<List<Container>> were = containers.remembered();
    if (were.isEmpty()) {
      return;
    }
    Set<String> was = states(were.get());
    Set<String> is = states(containers.look());
    if (!was.equals(is)) {
      throw new StepFailure(
          register.machine().name(),
          "the register's containers",
          String.join(", ", was),
          String.join(", ", is),
          "start or stop what differs, then retry");
    }
  }

  private static Set<String> states(List<Container> containers) {
    return containers.stream()
        .map(c -> c.name() + (c.up() ? " up" : " down") + " restart=" + c.restartPolicy())
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
