package io.pryv.migration.transfer;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.pryv.migration.machine.AsRoot;
import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.CommandResult;
import io.pryv.migration.machine.Hands;
import io.pryv.migration.machine.KeyAccess;
import io.pryv.migration.machine.Quote;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.machine.Told;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
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
    KeyAccess access = new KeyAccess(hands, source.machine(), migration);
    changed |=
        hands
            .files(dest)
            .write(directory + "/known_hosts", access.knownHosts().getBytes(US_ASCII), "600");
    String publicKey =
        new Told(dest.name(), "the transfer key").publicKey(key.get(1)) + comment(migration);
    String line = line(addresses(onDest), rrsync(onSource), source, publicKey);
    changed |= access.grant(line);
    prove(onDest, connection);
    return new Made(changed, path, key.get(2), line);
  }

  /**
   * The line that lets the key read one directory through rsync and do nothing else (rrsync(1)).
   */
  static String line(Set<String> from, String rrsync, Register source, String publicKey) {
    String command =
        AsRoot.forcedAsking(
                source.machine().user(),
                Quote.sh(rrsync) + " -ro " + Quote.sh(source.layout().dataDirectory()))
            .replace("\"", "\\\"");
    return "restrict,from=\"%s\",command=\"%s\" %s"
        .formatted(String.join(",", from), command, publicKey);
  }

  private static String comment(String migration) {
    return " migration@remote " + migration;
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
                    ssh-keygen -y -f "$key"
                    ssh-keygen -l -E sha256 -f "$key"
                    """))
        .orFail("if the key file is broken, remove it on dest, then retry")
        .lines()
        .toList();
  }

  /**
   * Makes the key under another name first: a key that is there is whole, after a power cut too.
   */
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
                        sync -- "$key.new" "$key.new.pub"
                        mv -f "$key.new.pub" "$key.pub"
                        mv -n "$key.new" "$key"
                        sync -- "${key%%/*}"
                        """
                            .formatted(
                                keyType.equals("rsa")
                                    ? "-t rsa -b 4096"
                                    : "-t " + Quote.sh(keyType)))
                .within(Duration.ofMinutes(1)))
        .orFail("see that ssh-keygen is on dest and that HOME is writable, then retry");
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
    addresses.add(new Told(dest.name(), "ip route get").routeSource(route));
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
    String path =
        found.orFail(
            "rrsync comes with rsync (in older Debian as /usr/share/doc/rsync/scripts/rrsync.gz): put"
                + " it into /usr/local/bin on source, executable, then retry");
    return new Told(source.machine().name(), found.command().purpose()).path(path);
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
}
