package io.pryv.migration.transfer;

import io.pryv.migration.machine.AuthorizedKeys;
import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.Hands;
import io.pryv.migration.machine.Journal;
import io.pryv.migration.machine.Notes;
import io.pryv.migration.machine.Quote;
import io.pryv.migration.machine.RemoteFiles;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Takes this migration's keys away: the transfer key (on dest, accepted by source) and those of the
 * tunnels (on source, accepted by dest, and before a live cut-over the other way round). Every
 * other byte of the authorized_keys files stays.
 */
final class KeyRemoval {

  /** The tunnel's key belongs to the user that Redis runs as, the transfer key to ours. */
  private static final String AS_OWNER =
      """
      as_owner() { case $key in "$HOME"/*) "$@" ;; *) as_root "$@" ;; esac; }
      """;

  private final Hands hands;
  private final Journal journal;
  private final String migration;

  KeyRemoval(Hands hands, Journal journal, String migration) {
    this.hands = hands;
    this.journal = journal;
    this.migration = migration;
  }

  /** Removes them; says what had to be removed, nothing on a second run. */
  List<String> remove(Register source, Register dest) {
    List<String> removed = new ArrayList<>();
    String work = "\"$HOME/.register-migration/\"" + Quote.sh(migration);
    removed.addAll(
        remove("transfer key", dest.machine(), work + "/transfer_key", source.machine()));
    removed.addAll(remove("tunnel key", source.machine(), tunnelKey(source), dest.machine()));
    removed.addAll(
        remove("key of the tunnel to source", dest.machine(), tunnelKey(dest), source.machine()));
    for (Machine machine : List.of(source.machine(), dest.machine())) {
      if (removeDirectory(machine)) {
        removed.add("the ~/.ssh that was made on " + machine.name());
      }
    }
    return removed;
  }

  /** A ~/.ssh that was not there before goes, unless somebody uses it meanwhile. */
  private boolean removeDirectory(Machine machine) {
    Notes notes = new Notes(hands.on(machine), migration);
    if (!notes.has(AuthorizedKeys.DIRECTORY_MADE)) {
      return false;
    }
    hands
        .on(machine)
        .run(
            Command.change(
                "remove the ~/.ssh that was made",
                notes.directory()
                    + "rmdir -- \"$HOME/.ssh\" 2>/dev/null\nrm -f -- \"$work\"/"
                    + AuthorizedKeys.DIRECTORY_MADE
                    + "\n"))
        .orFail("see that HOME can be written, then retry");
    return true;
  }

  private String tunnelKey(Register near) {
    String conf = near.layout().redisConfFile();
    return Quote.sh(conf.substring(0, conf.lastIndexOf('/')) + "/register-migration-" + migration);
  }

  /** The line is found by the key, so the key goes last. */
  private List<String> remove(String what, Machine holder, String key, Machine acceptor) {
    List<String> removed = new ArrayList<>();
    Optional<String> publicKey = publicKey(what, holder, key);
    if (publicKey.isPresent()) {
      if (unauthorize(acceptor, publicKey.get())) {
        removed.add("the " + what + "'s line from " + acceptor.name() + "'s authorized_keys");
      }
      removed.add("the " + what + " from " + holder.name());
    }
    String left =
        hands
            .on(holder)
            .run(
                Command.look(
                    "look for files of the " + what,
                    files(key)
                        + AS_OWNER
                        + "for file in $files; do as_owner test ! -e \"$file\" || echo \"$file\"; done"))
            .orFail("see that the directory of the key can be read, then retry");
    if (!left.isEmpty()) {
      hands
          .on(holder)
          .run(
              Command.change(
                  "remove the " + what,
                  files(key)
                      + AS_OWNER
                      + "as_owner rm -f -- $files\nfor file in $files; do as_owner test ! -e \"$file\" || exit"
                      + " 1; done\nas_owner sync -- \"$(dirname -- \"$key\")\""))
          .orFail("remove the files of the key by hand, then retry");
    }
    return removed;
  }

  /** Sets {@code key} and the shell word list {@code files}: both halves, and who is known. */
  private static String files(String key) {
    return "key="
        + key
        + "\nfiles=\"$key $key.pub $key.new $key.new.pub $key.known_hosts\"\n"
        + "case \"$key\" in */transfer_key) files=\"$files ${key%/*}/known_hosts\" ;; esac\n";
  }

  private Optional<String> publicKey(String what, Machine holder, String key) {
    String printed =
        hands
            .on(holder)
            .run(
                Command.look(
                    "look for the " + what,
                    "key="
                        + key
                        + "\n"
                        + AS_OWNER
                        + "if as_owner test -e \"$key\"; then as_owner ssh-keygen -y -f \"$key\" </dev/null;"
                        + " fi"))
            .orFail(
                "if the key file is broken, remove it and its line in "
                    + "authorized_keys by hand, then retry");
    return printed.isEmpty() ? Optional.empty() : Optional.of(printed);
  }

  private boolean unauthorize(Machine acceptor, String publicKey) {
    String home =
        hands
            .on(acceptor)
            .run(Command.look("find the home directory", "cd -- \"$HOME\" && pwd"))
            .orFail("see that the user has a home directory, then retry");
    String path = home + "/.ssh/authorized_keys";
    RemoteFiles files = hands.files(acceptor);
    String before = read(files, path);
    if (!AuthorizedKeys.has(before, publicKey)) {
      return false;
    }
    String without = AuthorizedKeys.without(before, publicKey);
    if (without.isEmpty() && madeByUs(acceptor, path)) {
      files.remove(path);
    } else {
      files.write(path, without.getBytes(StandardCharsets.ISO_8859_1), "600");
    }
    if (AuthorizedKeys.has(read(files, path), publicKey)) {
      throw new StepFailure(
          acceptor.name(),
          path,
          "no line for the key",
          "it is still there",
          "see who writes this file, then retry");
    }
    return true;
  }

  /** Whether there was no such file when this migration first wrote it. */
  private boolean madeByUs(Machine acceptor, String path) {
    return journal.edits(acceptor.name()).stream()
        .filter(edit -> edit.path().equals(path))
        .reduce((newer, older) -> older)
        .map(oldest -> oldest.before().isEmpty())
        .orElse(false);
  }

  /** One char for each byte, so that whatever a comment holds stays as it is. */
  private static String read(RemoteFiles files, String path) {
    return files.read(path).map(bytes -> new String(bytes, StandardCharsets.ISO_8859_1)).orElse("");
  }
}
