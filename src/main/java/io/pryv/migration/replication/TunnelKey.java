package io.pryv.migration.replication;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.Hands;
import io.pryv.migration.machine.KeyAccess;
import io.pryv.migration.machine.Quote;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.machine.Told;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The key with which one register's Redis container reaches another's Redis, and nothing else
 * (procedure, "Set the source register as replica", steps 2 to 4: source's reaches dest's). It is
 * made on the near machine, so that no private key travels, and never overwritten; the far
 * machine's host keys are carried over the connection that we trust.
 */
final class TunnelKey {

  private static final String STRICT = "set -eu\numask 077\n";

  private static final String SUDO_NEXT =
      "let the user of the platform file be root on the machine, or allow it `sudo -n`, then retry";

  private final Hands hands;
  private final TunnelEnds ends;
  private final Machine far;
  private final String migration;
  private final String keyType;

  /** The procedure's: source's, for dest. */
  TunnelKey(Hands hands, Register source, Register dest, String migration, String keyType) {
    this(hands, TunnelEnds.toDest(source, dest, TunnelPorts.PROCEDURE), migration, keyType);
  }

  TunnelKey(Hands hands, TunnelEnds ends, String migration, String keyType) {
    this.hands = hands;
    this.ends = ends;
    this.far = ends.far().machine();
    this.migration = migration;
    this.keyType = keyType;
  }

  /**
   * What was found or made.
   *
   * @param changed whether anything had to be written
   * @param key path on the near machine
   * @param fingerprint as {@code ssh-keygen -l} prints it
   * @param line our line in the far machine's authorized_keys
   */
  record Made(boolean changed, String key, String fingerprint, String line) {}

  /**
   * Makes what is missing, then proves that the far machine accepts the key, from inside the
   * container.
   */
  Made make() {
    Shell onNear = hands.on(ends.near().machine());
    TunnelPlace place = TunnelPlace.find(onNear, ends.near(), migration);
    boolean changed = makeKey(onNear, place.onHost());
    List<String> seen = publicKey(onNear, place.onHost());
    KeyAccess access = new KeyAccess(hands, far, migration);
    String line = line(seen.get(0));
    changed |=
        hands
            .files(ends.near().machine())
            .write(place.knownHostsOnHost(), access.knownHosts().getBytes(US_ASCII), "644");
    changed |= access.grant(line);
    prove(onNear, place);
    return new Made(changed, place.onHost(), seen.get(1), line);
  }

  /** Whether there is a key, and authorized_keys of the far machine holds the line it needs now. */
  boolean accepted() {
    Shell onNear = hands.on(ends.near().machine());
    TunnelPlace place = TunnelPlace.find(onNear, ends.near(), migration);
    if (!made(onNear, place.onHost())) {
      return false;
    }
    return new KeyAccess(hands, far, migration)
        .granted(line(publicKey(onNear, place.onHost()).get(0)));
  }

  /**
   * Has the line in the far machine's authorized_keys last, while the tunnel is in use.
   *
   * @return whether it had to be written anew
   */
  boolean renew() {
    Shell onNear = hands.on(ends.near().machine());
    TunnelPlace place = TunnelPlace.find(onNear, ends.near(), migration);
    if (!made(onNear, place.onHost())) {
      throw new StepFailure(
          ends.nearName(),
          place.onHost(),
          "the tunnel's key, readable by the user that Redis runs as",
          "none, or another's",
          "find out who took it away; the step that makes the key makes it anew (move the token"
              + " there)");
    }
    return new KeyAccess(hands, far, migration)
        .renew(line(publicKey(onNear, place.onHost()).get(0)));
  }

  /**
   * @param publicKey as the near machine tells it
   */
  private String line(String publicKey) {
    return tunnelLine(
        nearAddresses(),
        farRedis(),
        ends.forcedCommand(),
        new Told(ends.nearName(), "the tunnel's key").publicKey(publicKey) + " migration@remote");
  }

  /**
   * The line that lets a key do nothing but reach one port of one address (sshd(8), AUTHORIZED_KEYS
   * FILE FORMAT): no terminal, no agent, no other forwarding, and no command but the forced one.
   *
   * @param from addresses that the key may come from
   * @param redis {@code address:port}; sshd takes it literally
   * @param publicKey as ssh-keygen prints it: type, Base64, comment
   */
  static String tunnelLine(List<String> from, String redis, String command, String publicKey) {
    return "restrict,port-forwarding,permitopen=\"%s\",from=\"%s\",command=\"%s\" %s"
        .formatted(redis, String.join(",", from), command, publicKey);
  }

  /**
   * Where Redis is on the far machine, now. A container that was made anew has another address:
   * then the line in authorized_keys is written anew, too, when the key is made again.
   */
  private String farRedis() {
    if (ends.published()) {
      return "127.0.0.1:" + ends.ports().far();
    }
    String answer =
        hands
            .on(far)
            .run(
                Command.look(
                    "find the address of " + far.name() + "'s Redis", ends.forcedCommand()))
            .orFail("see that the container runs, then retry");
    String address = TunnelEnds.addressIn(answer);
    if (address.isEmpty()) {
      throw new StepFailure(
          far.name(),
          "container " + ends.far().layout().redisContainer(),
          "an address on a network of docker",
          answer,
          "see that it runs and has a network (`docker inspect`), then retry");
    }
    return new Told(far.name(), "address of its Redis").address(address) + ":" + ends.ports().far();
  }

  int redisPort() {
    return ends.ports().far();
  }

  /** Whether the key is there, for the user that Redis runs as and nobody else. */
  private boolean made(Shell onNear, String key) {
    String state =
        onNear
            .run(
                Command.look(
                    "look for the tunnel's key",
                    STRICT
                        + "as_root stat -c '%%a %%u' -- %s 2>/dev/null || echo none\n"
                            .formatted(Quote.sh(key))))
            .orFail(SUDO_NEXT);
    return state.equals("400 " + uid(ends.near().layout().dataOwner()));
  }

  /**
   * Makes the key under another name first: a key that is there is whole, after a power cut too.
   */
  private boolean makeKey(Shell onNear, String key) {
    if (made(onNear, key)) {
      return false;
    }
    String owner = ends.near().layout().dataOwner();
    String make =
        """
        key=%s
        if ! as_root test -e "$key"; then
          as_root rm -f -- "$key.new" "$key.new.pub"
          as_root ssh-keygen -q %s -N '' -C migration@remote -f "$key.new" </dev/null
          as_root rm -f -- "$key.new.pub"
          as_root sync -- "$key.new"
          as_root mv -n -- "$key.new" "$key"
        fi
        as_root chown %s -- "$key"
        as_root chmod 400 -- "$key"
        as_root sync -- "$key" "${key%%/*}"
        """
            .formatted(
                Quote.sh(key),
                keyType.equals("rsa") ? "-t rsa -b 4096" : "-t " + Quote.sh(keyType),
                Quote.sh(owner));
    onNear
        .run(
            Command.change(
                    "make the tunnel's key, readable by the user that Redis runs as", STRICT + make)
                .within(Duration.ofMinutes(1)))
        .orFail(SUDO_NEXT);
    return true;
  }

  /** The public key, made from the private one, and its fingerprint. */
  private List<String> publicKey(Shell onNear, String key) {
    return onNear
        .run(
            Command.look(
                "read the tunnel's public key",
                STRICT
                    + """
                    public=$(as_root ssh-keygen -y -f %s)
                    printf '%%s\\n' "$public"
                    printf '%%s\\n' "$public" | ssh-keygen -l -E sha256 -f /dev/stdin
                    """
                        .formatted(Quote.sh(key))))
        .orFail(
            "if the key file is broken, remove " + key + " on " + ends.nearName() + ", then retry")
        .lines()
        .toList();
  }

  /** Container traffic leaves with the address of the host's route, which NAT may make another. */
  List<String> nearAddresses() {
    String route =
        hands
            .on(ends.near().machine())
            .run(
                Command.look(
                    "find the address by which %s reaches %s"
                        .formatted(ends.nearName(), far.name()),
                    "ip -o route get " + Quote.sh(far.publicAddress())))
            .orFail("see that there is a route between the two, then retry");
    Set<String> addresses = new LinkedHashSet<>(List.of(ends.near().machine().publicAddress()));
    addresses.add(new Told(ends.nearName(), "ip route get").routeSource(route));
    return new ArrayList<>(addresses);
  }

  /**
   * Logs in with the key, as the tunnel will: from inside the container, as Redis' user. The key
   * allows no command but its forced one; ssh itself ends with 255 when refused.
   */
  private void prove(Shell onNear, TunnelPlace place) {
    String container = ends.near().layout().redisContainer();
    var result =
        onNear.run(
            Command.look(
                "log in on %s with the tunnel's key from inside %s"
                    .formatted(far.name(), container),
                "docker exec -u %s %s %s %s </dev/null"
                    .formatted(
                        Quote.sh(uid(ends.near().layout().dataOwner())),
                        Quote.sh(container),
                        TunnelCommand.ssh(place, far),
                        Quote.sh(far.user() + "@" + far.publicAddress()))));
    if (result.exitCode() != ends.forcedExit()) {
      throw new StepFailure(
          ends.nearName(),
          result.command().purpose(),
          "the key accepted and the forced command's exit code " + ends.forcedExit(),
          "exit code " + result.exitCode() + ": " + (result.output() + result.errors()).strip(),
          result.exitCode() == 126 || result.exitCode() == 127
              ? "the tunnel is opened inside the Redis container, as the procedure has it: use an"
                  + " image of redis that has ssh, then retry"
              : "see %s's sshd log for why the key was refused (from=, restrict needs OpenSSH"
                      .formatted(far.name())
                  + " 7.2), and that %s's containers reach its port ".formatted(ends.nearName())
                  + far.port()
                  + ", then retry");
    }
  }

  static String uid(String owner) {
    return owner.replaceFirst(":.*", "");
  }
}
