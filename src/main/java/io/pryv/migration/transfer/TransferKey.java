package io.pryv.migration.transfer;

import io.pryv.migration.machine.AuthorizedKeys;
import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.CommandResult;
import io.pryv.migration.machine.Hands;
import io.pryv.migration.machine.Quote;
import io.pryv.migration.machine.RemoteFiles;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.platform.Layout;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The key with which dest reads source's Redis data, and nothing else (procedure, "Transfer user
 * data", step 1). It is made on dest, so that no private key travels, and never overwritten.
 * Source's host keys are carried over the connection that we trust into a known_hosts of its own.
 */
final class TransferKey {

  private final Hands hands;
  private final Register source;
  private final Machine dest;
  private final String migration;
  private final String keyType;

  TransferKey(Hands hands, Register source, Register dest, String migration, String keyType) {
    this.hands = hands;
    this.source = source;
    this.dest = dest.machine();
    this.migration = migration;
    this.keyType = keyType;
  }

  /**
   * What was found or made.
   *
   * @param changed whether anything had to be written
   * @param key path on dest
   * @param fingerprint as {@code ssh-keygen -l} prints it
   * @param line the line in source's authorized_keys
   */
  record Made(boolean changed, String key, String fingerprint, String line) {

    String markdown() {
      return """
          | what | where |
          |---|---|
          | private key | dest, `%s` |
          | fingerprint | `%s` |
          | line in source's authorized_keys | `%s…` |
          """
          .formatted(key, fingerprint, line.substring(0, Math.min(200, line.length())));
    }
  }

  /** Makes what is missing; proves that the key reads source's data and does nothing else. */
  Made make() {
    Shell onDest = hands.on(dest);
    Shell onSource = hands.on(source.machine());
    SyncConnection connection = SyncConnection.between(migration, source.machine());
    List<String> before = lookAtKey(onDest, connection);
    boolean changed = before.get(0).equals("none");
    if (changed) {
      makeKey(onDest, connection);
    }
    List<String> key = changed ? lookAtKey(onDest, connection) : before;
    String path = key.get(0);
    String directory = path.substring(0, path.lastIndexOf('/'));
    changed |=
        hands
            .files(dest)
            .write(directory + "/known_hosts", bytes(knownHosts(hostKeys(onSource))), "600");
    String line = line(addresses(onDest), rrsync(onSource), source.layout(), key.get(1));
    changed |= authorize(onSource, line);
    prove(onDest, connection);
    return new Made(changed, path, key.get(2), line);
  }

  /**
   * The line that lets the key read one directory through rsync and do nothing else (rrsync(1)).
   */
  static String line(Set<String> from, String rrsync, Layout layout, String publicKey) {
    String command = Quote.sh(rrsync) + " -ro " + Quote.sh(layout.dataDirectory());
    return "restrict,from=\"%s\",command=\"%s\" %s"
        .formatted(
            String.join(",", from),
            command.replace("\\", "\\\\").replace("\"", "\\\""),
            publicKey.strip());
  }

  /** Path, public key and fingerprint; {@code none} when there is no whole key. */
  private List<String> lookAtKey(Shell onDest, SyncConnection connection) {
    return onDest
        .run(
            Command.look(
                "look for the transfer key",
                connection.variables()
                    + """
                    set -eu
                    if [ ! -e "$key" ]; then echo none; exit; fi
                    printf '%s\\n' "$key"
                    ssh-keygen -y -f "$key" | sed "s/\\( [^ ]*\\) .*/\\1/; s/$/ migration@remote $migration/"
                    ssh-keygen -l -f "$key"
                    """))
        .orFail("if the key file is broken, remove it on dest, then retry")
        .lines()
        .toList();
  }

  /** Makes the key under another name first: a key that is there is whole. */
  private void makeKey(Shell onDest, SyncConnection connection) {
    onDest
        .run(
            Command.change(
                    "make the transfer key",
                    connection.variables()
                        + """
                        set -eu
                        umask 077
                        mkdir -p "${key%%/*}"
                        rm -f "$key.new" "$key.new.pub"
                        ssh-keygen -q %s -N '' -C "migration@remote $migration" -f "$key.new" </dev/null
                        mv -f "$key.new.pub" "$key.pub"
                        mv -n "$key.new" "$key"
                        """
                            .formatted(
                                keyType.equals("rsa")
                                    ? "-t rsa -b 4096"
                                    : "-t " + Quote.sh(keyType)))
                .within(Duration.ofMinutes(1)))
        .orFail("see that ssh-keygen is on dest and that HOME is writable, then retry");
  }

  private List<String> hostKeys(Shell onSource) {
    return onSource
        .run(
            Command.look(
                "read source's own host keys",
                """
                files=$( (sshd -T 2>/dev/null || /usr/sbin/sshd -T 2>/dev/null) | sed -n 's/^hostkey \\(.*\\)$/\\1.pub/p')
                cat ${files:-/etc/ssh/ssh_host_*_key.pub}
                """))
        .orFail("see where source's sshd keeps its host keys, then retry")
        .lines()
        .filter(line -> !line.isBlank())
        .toList();
  }

  private String knownHosts(List<String> hostKeys) {
    Machine machine = source.machine();
    String host =
        machine.port() == 22
            ? machine.publicAddress()
            : "[" + machine.publicAddress() + "]:" + machine.port();
    StringBuilder text = new StringBuilder();
    for (String key : hostKeys) {
      String[] words = key.strip().split("\\s+", -1);
      text.append(host).append(' ').append(words[0]).append(' ').append(words[1]).append('\n');
    }
    return text.toString();
  }

  /** Dest's own address, and the one that its route to source gives: NAT may make them differ. */
  private Set<String> addresses(Shell onDest) {
    String route =
        onDest
            .run(
                Command.look(
                    "find the address by which dest reaches source",
                    "ip -o route get " + Quote.sh(source.machine().publicAddress())))
            .orFail("see that dest has a route to source, then retry");
    Set<String> addresses = new LinkedHashSet<>(List.of(dest.publicAddress()));
    String[] words = route.strip().split("\\s+", -1);
    for (int i = 0; i + 1 < words.length; i++) {
      if (words[i].equals("src")) {
        addresses.add(words[i + 1]);
      }
    }
    return addresses;
  }

  private String rrsync(Shell onSource) {
    CommandResult found =
        onSource.run(
            Command.look(
                "find rrsync",
                """
                command -v rrsync && exit
                for path in /usr/share/rsync/scripts/rrsync /usr/share/doc/rsync/scripts/rrsync; do
                  if [ -x "$path" ]; then echo "$path"; exit; fi
                done
                exit 1
                """));
    return found.orFail(
        "rrsync comes with rsync (in older Debian as /usr/share/doc/rsync/scripts/rrsync.gz): put"
            + " it into /usr/local/bin on source, executable, then retry");
  }

  private boolean authorize(Shell onSource, String line) {
    String home =
        onSource
            .run(Command.look("find the home directory", "cd -- \"$HOME\" && pwd"))
            .orFail("see that the user on source has a home directory, then retry");
    String directory = Quote.sh(home + "/.ssh");
    if (!onSource.run(Command.look("look for ~/.ssh", "[ -d " + directory + " ]")).succeeded()) {
      onSource
          .run(
              Command.change(
                  "make ~/.ssh", AuthorizedKeys.makeDirectory(home + "/.ssh", migration)))
          .orFail("make the directory by hand, then retry");
    }
    String path = home + "/.ssh/authorized_keys";
    RemoteFiles files = hands.files(source.machine());
    String before =
        files.read(path).map(bytes -> new String(bytes, StandardCharsets.ISO_8859_1)).orElse("");
    return before.lines().noneMatch(line::equals)
        && files.write(path, bytes(AuthorizedKeys.with(before, line)), "600");
  }

  private void prove(Shell onDest, SyncConnection connection) {
    onDest
        .run(
            Command.look(
                "list source's data with the transfer key",
                connection.variables()
                    + "rsync --list-only -e \"$ssh\" "
                    + connection.remoteDirectory()
                    + " </dev/null"))
        .orFail(
            "see source's sshd log for why the key was refused (from=; restrict needs OpenSSH"
                + " 7.2) and that rrsync runs there, then retry");
    CommandResult refused =
        onDest.run(
            Command.look(
                "try an arbitrary command with the transfer key",
                connection.variables()
                    + "$ssh "
                    + connection.userAtHost()
                    + " 'echo it ran' </dev/null"));
    if (refused.succeeded() || refused.output().contains("it ran")) {
      throw new StepFailure(
          dest.name(),
          refused.command().purpose(),
          "a refusal by the forced command",
          refused.output().strip(),
          "the key is also accepted by another line of source's authorized_keys: remove that one,"
              + " then retry");
    }
  }

  /** One char for each byte, so that whatever a comment holds stays as it is. */
  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
