package io.pryv.migration.machine;

import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.StepFailure;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Lets another machine's key in on a machine, by a line in its authorized_keys, and tells that
 * machine's host keys. A line ends by itself should nobody be left to remove it, where the machine
 * is new enough for that; whoever needs the line renews it long before.
 */
public final class KeyAccess {

  /** {@code expiry-time} came with OpenSSH 7.7; an older sshd refuses a line that has it. */
  private static final int EXPIRY_SINCE = 707;

  private static final Pattern VERSION = Pattern.compile("OpenSSH_(\\d{1,2})\\.(\\d{1,2})");

  private final Hands hands;
  private final Machine machine;
  private final String migration;
  private final Clock clock;

  public KeyAccess(Hands hands, Machine machine, String migration) {
    this(hands, machine, migration, Clock.systemUTC());
  }

  KeyAccess(Hands hands, Machine machine, String migration, Clock clock) {
    this.hands = hands;
    this.machine = machine;
    this.migration = migration;
    this.clock = clock;
  }

  /** Whether that line, or one like it that lasts long enough, is there. */
  public boolean granted(String line) {
    return AuthorizedKeys.current(text(authorizedKeys()), line, today());
  }

  /**
   * Puts the line there, and no other for the same key; nothing happens while it lasts long enough.
   *
   * @param line with {@code restrict} first
   * @return whether anything had to be written
   */
  public boolean grant(String line) {
    String path = authorizedKeys();
    String before = text(path);
    if (AuthorizedKeys.current(before, line, today())) {
      return false;
    }
    String lasting = knowsExpiry() ? AuthorizedKeys.expiring(line, today()) : line;
    return hands
        .files(machine)
        .write(
            path,
            AuthorizedKeys.with(before, lasting).getBytes(StandardCharsets.ISO_8859_1),
            "600");
  }

  /**
   * Has the line last, which is there; one that was taken out is not put in again.
   *
   * @return whether it had to be written anew
   * @throws StepFailure when there is none for that key
   */
  public boolean renew(String line) {
    String path = authorizedKeys();
    if (!AuthorizedKeys.has(text(path), line)) {
      throw new StepFailure(
          machine.name(),
          path,
          "our line for the key, to renew it before it ends",
          "none: somebody has taken it out",
          "find out who; the step that makes the key puts it in again (move the token there)");
    }
    return grant(line);
  }

  /** Lines of a known_hosts file that name this machine's own host keys, as it tells them. */
  public String knownHosts() {
    Told told = new Told(machine.name(), "its host keys");
    String host =
        machine.port() == 22
            ? machine.publicAddress()
            : "[" + machine.publicAddress() + "]:" + machine.port();
    StringBuilder text = new StringBuilder();
    for (String key : hostKeys()) {
      text.append(host).append(' ').append(told.publicKey(key)).append('\n');
    }
    return text.toString();
  }

  private List<String> hostKeys() {
    return hands
        .on(machine)
        .run(
            Command.look(
                "read " + machine.name() + "'s own host keys",
                """
                files=$( (as_root sshd -T || as_root /usr/sbin/sshd -T) 2>/dev/null | sed -n 's/^hostkey \\(.*\\)$/\\1.pub/p')
                as_root cat ${files:-/etc/ssh/ssh_host_*_key.pub}
                """))
        .orFail("see where its sshd keeps its host keys, then retry")
        .lines()
        .filter(line -> !line.isBlank())
        // Older ones have a DSA key, which no ssh uses any more.
        .filter(line -> !line.startsWith("ssh-dss "))
        .toList();
  }

  private boolean knowsExpiry() {
    String said =
        hands
            .on(machine)
            .run(Command.look("see how old its OpenSSH is", "ssh -V 2>&1 </dev/null"))
            .output();
    Matcher version = VERSION.matcher(said);
    return version.find()
        && Integer.parseInt(version.group(1)) * 100 + Integer.parseInt(version.group(2))
            >= EXPIRY_SINCE;
  }

  private String authorizedKeys() {
    Shell shell = hands.on(machine);
    String home =
        shell
            .run(Command.look("find the home directory", "cd -- \"$HOME\" && pwd"))
            .orFail("see that the user on " + machine.name() + " has a home directory, then retry");
    String ssh = home + "/.ssh";
    if (!shell.run(Command.look("look for ~/.ssh", "[ -d " + Quote.sh(ssh) + " ]")).succeeded()) {
      shell
          .run(Command.change("make ~/.ssh", AuthorizedKeys.makeDirectory(ssh, migration)))
          .orFail("make the directory by hand, then retry");
    }
    return ssh + "/authorized_keys";
  }

  /** One char for each byte, so that whatever a comment holds stays as it is. */
  private String text(String path) {
    Optional<byte[]> bytes = hands.files(machine).read(path);
    return bytes.map(read -> new String(read, StandardCharsets.ISO_8859_1)).orElse("");
  }

  private LocalDate today() {
    return LocalDate.now(clock);
  }
}
