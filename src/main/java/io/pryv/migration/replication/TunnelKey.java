package io.pryv.migration.replication;

import io.pryv.migration.machine.AuthorizedKeys;
import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.Hands;
import io.pryv.migration.machine.Quote;
import io.pryv.migration.machine.RemoteFiles;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The key with which source's Redis container reaches dest's Redis, and nothing else (procedure,
 * "Set the source register as replica", steps 2 to 4). It is made on source, so that no private key
 * travels, and never overwritten; dest's host keys are carried over the connection that we trust.
 */
final class TunnelKey {

  /** Runs a command as root, by sudo where we log in as somebody else. */
  private static final String AS_ROOT =
      """
      set -eu
      umask 077
      as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }
      """;

  private static final String SUDO_NEXT =
      "let the user of the platform file be root on source, or allow it `sudo -n`, then retry";

  private final Hands hands;
  private final Register source;
  private final Machine dest;
  private final String migration;
  private final String keyType;
  private final TunnelPorts ports;

  TunnelKey(Hands hands, Register source, Register dest, String migration, String keyType) {
    this(hands, source, dest, migration, keyType, TunnelPorts.PROCEDURE);
  }

  TunnelKey(
      Hands hands,
      Register source,
      Register dest,
      String migration,
      String keyType,
      TunnelPorts ports) {
    this.hands = hands;
    this.source = source;
    this.dest = dest.machine();
    this.migration = migration;
    this.keyType = keyType;
    this.ports = ports;
  }

  /**
   * What was found or made.
   *
   * @param changed whether anything had to be written
   * @param key path on source
   * @param fingerprint as {@code ssh-keygen -l} prints it
   * @param line our line in dest's authorized_keys
   */
  record Made(boolean changed, String key, String fingerprint, String line) {}

  /** Makes what is missing, then proves that dest accepts the key, from inside the container. */
  Made make() {
    Shell onSource = hands.on(source.machine());
    TunnelPlace place = TunnelPlace.find(onSource, source, migration);
    boolean changed = makeKey(onSource, place.onHost());
    List<String> seen = publicKey(onSource, place.onHost());
    String line = tunnelLine(sourceAddresses(), ports.far(), seen.get(0));
    changed |=
        hands
            .files(source.machine())
            .write(place.knownHostsOnHost(), bytes(knownHosts(hostKeys())), "644");
    changed |= authorize(line);
    prove(onSource, place);
    return new Made(changed, place.onHost(), seen.get(1), line);
  }

  /**
   * The line that lets a key do nothing but reach one port of the loopback (sshd(8),
   * AUTHORIZED_KEYS FILE FORMAT): no terminal, no agent, no other forwarding, and no command, since
   * the forced one does nothing.
   *
   * @param from addresses that the key may come from
   * @param publicKey as ssh-keygen prints it: type, Base64, comment
   */
  static String tunnelLine(List<String> from, int redisPort, String publicKey) {
    return "restrict,port-forwarding,permitopen=\"127.0.0.1:%d\",from=\"%s\",command=\"/bin/false\" %s"
        .formatted(redisPort, String.join(",", from), publicKey.strip());
  }

  int redisPort() {
    return ports.far();
  }

  /** Makes the key under another name first: a key that is there is whole. */
  private boolean makeKey(Shell onSource, String key) {
    String owner = source.layout().dataOwner();
    String state =
        onSource
            .run(
                Command.look(
                    "look for the tunnel's key",
                    AS_ROOT
                        + "as_root stat -c '%%a %%u' -- %s 2>/dev/null || echo none\n"
                            .formatted(Quote.sh(key))))
            .orFail(SUDO_NEXT);
    if (state.equals("400 " + uid(owner))) {
      return false;
    }
    String make =
        """
        key=%s
        if ! as_root test -e "$key"; then
          as_root rm -f -- "$key.new" "$key.new.pub"
          as_root ssh-keygen -q %s -N '' -C migration@remote -f "$key.new" </dev/null
          as_root rm -f -- "$key.new.pub"
          as_root mv -n -- "$key.new" "$key"
        fi
        as_root chown %s -- "$key"
        as_root chmod 400 -- "$key"
        """
            .formatted(
                Quote.sh(key),
                keyType.equals("rsa") ? "-t rsa -b 4096" : "-t " + Quote.sh(keyType),
                Quote.sh(owner));
    onSource
        .run(
            Command.change(
                    "make the tunnel's key, readable by the user that Redis runs as",
                    AS_ROOT + make)
                .within(Duration.ofMinutes(1)))
        .orFail(SUDO_NEXT);
    return true;
  }

  /** The public key, made from the private one, and its fingerprint. */
  private List<String> publicKey(Shell onSource, String key) {
    return onSource
        .run(
            Command.look(
                "read the tunnel's public key",
                AS_ROOT
                    + """
                    public=$(as_root ssh-keygen -y -f %s)
                    case "$public" in *migration@remote) ;; *) public="$public migration@remote" ;; esac
                    printf '%%s\\n' "$public"
                    printf '%%s\\n' "$public" | ssh-keygen -l -f /dev/stdin
                    """
                        .formatted(Quote.sh(key))))
        .orFail("if the key file is broken, remove " + key + " on source, then retry")
        .lines()
        .toList();
  }

  /** Container traffic leaves with the address of the host's route, which NAT may make another. */
  List<String> sourceAddresses() {
    String route =
        hands
            .on(source.machine())
            .run(
                Command.look(
                    "find the address by which source reaches dest",
                    "ip -o route get " + Quote.sh(dest.publicAddress())))
            .orFail("see that source has a route to dest, then retry");
    Set<String> addresses = new LinkedHashSet<>(List.of(source.machine().publicAddress()));
    addresses.add(routeSource(route, source.machine().name()));
    return new ArrayList<>(addresses);
  }

  /** The {@code src} of an answer of {@code ip route get}. */
  static String routeSource(String route, String machine) {
    String[] words = route.strip().split("\\s+", -1);
    for (int i = 0; i + 1 < words.length; i++) {
      if (words[i].equals("src")) {
        return words[i + 1];
      }
    }
    throw new StepFailure(
        machine,
        "ip route get",
        "a line with `src ADDRESS`",
        route.strip(),
        "see that source has a route to dest, then retry");
  }

  private List<String> hostKeys() {
    return hands
        .on(dest)
        .run(
            Command.look(
                "read dest's own host keys",
                """
                files=$( (sshd -T 2>/dev/null || /usr/sbin/sshd -T 2>/dev/null || sudo -n /usr/sbin/sshd -T 2>/dev/null) |
                  sed -n 's/^hostkey \\(.*\\)$/\\1.pub/p')
                cat ${files:-/etc/ssh/ssh_host_*_key.pub}
                """))
        .orFail("see where dest's sshd keeps its host keys, then retry")
        .lines()
        .filter(line -> !line.isBlank())
        .toList();
  }

  private String knownHosts(List<String> hostKeys) {
    String host =
        dest.port() == 22 ? dest.publicAddress() : "[" + dest.publicAddress() + "]:" + dest.port();
    StringBuilder text = new StringBuilder();
    for (String key : hostKeys) {
      String[] words = key.strip().split("\\s+", -1);
      text.append(host).append(' ').append(words[0]).append(' ').append(words[1]).append('\n');
    }
    return text.toString();
  }

  private boolean authorize(String line) {
    String path = authorizedKeys();
    RemoteFiles files = hands.files(dest);
    String before = files.read(path).map(TunnelKey::text).orElse("");
    if (before.lines().anyMatch(line::equals)) {
      return false;
    }
    return files.write(path, bytes(AuthorizedKeys.with(before, line)), "600");
  }

  private String authorizedKeys() {
    Shell onDest = hands.on(dest);
    String home =
        onDest
            .run(Command.look("find the home directory", "cd -- \"$HOME\" && pwd"))
            .orFail("see that the user on dest has a home directory, then retry");
    String ssh = home + "/.ssh";
    if (!onDest.run(Command.look("look for ~/.ssh", "[ -d " + Quote.sh(ssh) + " ]")).succeeded()) {
      onDest
          .run(Command.change("make ~/.ssh", AuthorizedKeys.makeDirectory(ssh, migration)))
          .orFail("make the directory by hand, then retry");
    }
    return ssh + "/authorized_keys";
  }

  /**
   * Logs in with the key, as the tunnel will: from inside the container, as Redis' user. The key
   * allows no command, so its forced one ends with 1; ssh itself ends with 255 when refused.
   */
  private void prove(Shell onSource, TunnelPlace place) {
    String container = source.layout().redisContainer();
    var result =
        onSource.run(
            Command.look(
                "log in on dest with the tunnel's key from inside " + container,
                "docker exec -u %s %s %s %s </dev/null"
                    .formatted(
                        Quote.sh(uid(source.layout().dataOwner())),
                        Quote.sh(container),
                        TunnelCommand.ssh(place, dest),
                        Quote.sh(dest.user() + "@" + dest.publicAddress()))));
    if (result.exitCode() != 1) {
      throw new StepFailure(
          source.machine().name(),
          result.command().purpose(),
          "the key accepted and the forced command's exit code 1",
          "exit code " + result.exitCode() + ": " + (result.output() + result.errors()).strip(),
          result.exitCode() == 126 || result.exitCode() == 127
              ? "the tunnel is opened inside the Redis container, as the procedure has it: use an"
                  + " image of redis that has ssh, then retry"
              : "see dest's sshd log for why the key was refused (from=, restrict needs OpenSSH"
                  + " 7.2), and that source's containers reach dest's port "
                  + dest.port()
                  + ", then retry");
    }
  }

  static String uid(String owner) {
    return owner.replaceFirst(":.*", "");
  }

  /** One char for each byte, so that whatever a comment holds comes back as it was. */
  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }
}
