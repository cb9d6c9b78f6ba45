package io.pryv.migration.preflight;

import static java.util.stream.Collectors.joining;

import io.pryv.migration.machine.Lease;
import io.pryv.migration.machine.LeaseHolder;
import io.pryv.migration.platform.ComposeServices;
import io.pryv.migration.platform.Layout;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.preflight.Survey.Found;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What one machine must have by itself: rights, tools, scripts, images, a clock that is right. */
final class MachineChecks {

  private static final int REDIS_PORT = 6379;
  private static final Pattern VERSION = Pattern.compile("(\\d+)\\.(\\d+)");

  /** What our scripts call on source and dest. */
  private static final List<String> TOOLS =
      List.of(
          "docker",
          "rsync",
          "ssh-keygen",
          "base64",
          "sha256sum",
          "setsid",
          "timeout",
          "stat",
          "find",
          "mktemp",
          "readlink",
          "flock",
          "awk",
          "ps",
          "sed",
          "grep");

  private static final Duration SKEW_PASS = Duration.ofSeconds(1);
  private static final Duration SKEW_STOP = Duration.ofSeconds(5);

  private final Survey survey;
  private final Facts facts;
  private final String name;
  private final Machine.Role role;
  private final List<Finding> findings = new ArrayList<>();

  private MachineChecks(Survey survey) {
    this.survey = survey;
    this.facts = survey.facts();
    this.name = survey.machine().name();
    this.role = survey.machine().role();
  }

  /** Checks that need no layout. */
  static List<Finding> of(Survey survey, LeaseHolder us) {
    MachineChecks checks = new MachineChecks(survey);
    checks.findings.add(
        Finding.pass(
            checks.name,
            "reach over SSH, host key pinned",
            checks.facts.get("user")
                + "@"
                + survey.machine().host()
                + ":"
                + survey.machine().port()));
    checks.algorithms();
    checks.lease(us);
    checks.clock();
    checks.docker();
    checks.root();
    if (checks.isMaster()) {
      checks.tools();
      checks.ssh();
      checks.words();
    }
    return checks.findings;
  }

  /** Checks of what the layout names. */
  static List<Finding> of(Survey survey, Layout layout, ComposeServices services) {
    MachineChecks checks = new MachineChecks(survey);
    checks.layout(layout);
    checks.scripts(layout);
    checks.containers(layout);
    if (checks.role == Machine.Role.DEST) {
      checks.images(services);
      checks.ports(layout, services);
    }
    return checks.findings;
  }

  private boolean isMaster() {
    return role == Machine.Role.SOURCE || role == Machine.Role.DEST;
  }

  /** What the operator has allowed is told, also where it is not needed any more. */
  private void algorithms() {
    if (survey.machine().weakAlgorithms()) {
      findings.add(
          Finding.warn(
              name,
              "SSH algorithms",
              "modern ones only",
              "the platform file allows weak ones (weakAlgorithms: true): whoever stands between"
                  + " could break the connection's secrecy",
              "take that out if its sshd is a newer one by now"));
    }
  }

  private void lease(LeaseHolder us) {
    Lease.Seen seen = survey.lease();
    if (seen.unreadable()) {
      findings.add(
          Finding.stop(
              name,
              "~/.register-migration/lease",
              "no lease, or one that can be understood",
              seen.text().replaceAll("[^ -~]+", " ").replaceFirst("^(.{200}).*", "$1…"),
              "see who wrote it; the migration's own page tells how to break it"));
      return;
    }
    Optional<Lease> lease = seen.lease();
    if (lease.isEmpty() || seen.expired() || lease.get().holder().sameMigrationAs(us)) {
      findings.add(
          Finding.pass(
              name,
              "held by nobody else",
              lease
                  .filter(unused -> seen.expired())
                  .map(old -> "the lease of " + old.holder().described() + " has run out")
                  .orElse("free")));
      return;
    }
    LeaseHolder holder = lease.get().holder();
    if (holder.application().equals(us.application())) {
      findings.add(
          Finding.warn(
              name,
              "held by nobody else",
              "no lease of another migration",
              "one of this program's own: " + holder.described(),
              "nothing, if that one is over: it gives the machine up within seconds"));
      return;
    }
    findings.add(
        Finding.stop(
            name,
            "held by nobody else",
            "no lease of another migration",
            "held by %s, since %s, until %s by the machine's clock"
                .formatted(holder.described(), lease.get().since(), lease.get().until()),
            "finish that migration or roll it back; the lease of a program that is gone runs out by"
                + " itself. The migration's own page tells how to break it knowingly"));
  }

  private void clock() {
    Optional<Duration> skew = survey.clockSkew();
    if (skew.isEmpty()) {
      findings.add(
          Finding.warn(
              name,
              "clock",
              "date +%s.%N to tell the time",
              "something else",
              "see that GNU coreutils are on the machine"));
      return;
    }
    Duration off = skew.get().abs();
    String found =
        "%.1f s %s ours"
            .formatted(off.toMillis() / 1000.0, skew.get().isNegative() ? "behind" : "before");
    if (off.compareTo(SKEW_PASS) <= 0) {
      findings.add(Finding.pass(name, "clock", off.isZero() ? "right" : found));
    } else if (off.compareTo(SKEW_STOP) <= 0) {
      findings.add(
          Finding.warn(
              name, "clock", "at most 1 s off", found, "set it by NTP: logs will not agree"));
    } else {
      findings.add(
          Finding.stop(name, "clock", "at most 5 s off", found, "set it by NTP, then check again"));
    }
  }

  private void docker() {
    String version = facts.get("docker");
    if (VERSION.matcher(version).lookingAt()) {
      findings.add(Finding.pass(name, "docker as " + facts.get("user"), "daemon " + version));
    } else {
      findings.add(
          Finding.stop(
              name,
              "docker as " + facts.get("user"),
              "a docker daemon that this user may use",
              version.isEmpty() ? "no docker" : version,
              "start docker, or add the user to the group docker"));
    }
  }

  /** Where we are somebody else, root is needed for what belongs to it, or to Redis' user. */
  private void root() {
    if (facts.get("uid").equals("0")) {
      return;
    }
    String user = facts.get("user");
    if (facts.has("as.root")) {
      findings.add(Finding.pass(name, "root by `sudo -n` for " + user, "allowed"));
    } else {
      findings.add(
          Finding.stop(
              name,
              "root by `sudo -n` for " + user,
              "allowed without a password: Redis' data, nginx' files and docker are not this user's",
              "not allowed, or no sudo",
              "add the line `%s ALL=(root) NOPASSWD: ALL` to /etc/sudoers.d/register-migration by"
                      .formatted(user)
                  + " visudo, or name root as the user in the platform file"));
    }
    if (!facts.has("processes")) {
      findings.add(
          Finding.stop(
              name,
              "/proc of other users' processes",
              "can be read by " + user,
              "hidden (hidepid): a job that runs would be taken for one that has ended",
              "mount /proc with hidepid=0, or with gid= of a group of this user"));
    }
  }

  private void tools() {
    Set<String> missing = new TreeSet<>(TOOLS);
    missing.removeAll(facts.lines("tools"));
    if (role == Machine.Role.DEST && !facts.lines("tools").contains("ssh")) {
      missing.add("ssh");
    }
    if (missing.isEmpty()) {
      findings.add(Finding.pass(name, "tools", facts.get("bash") + "; " + facts.get("rsync")));
    } else {
      findings.add(
          Finding.stop(
              name,
              "tools",
              String.join(", ", TOOLS),
              "missing: " + String.join(", ", missing),
              "install them (rsync, openssh-client, util-linux, coreutils)"));
    }
    if (!missing.contains("rsync") && !atLeast(facts.get("rsync"), 3, 1)) {
      findings.add(
          Finding.stop(
              name,
              "rsync --version",
              "3.1 or newer",
              facts.get("rsync"),
              "install a newer rsync"));
    }
    if (role == Machine.Role.SOURCE) {
      if (facts.has("rrsync")) {
        findings.add(Finding.pass(name, "rrsync", facts.get("rrsync")));
      } else {
        findings.add(
            Finding.stop(
                name,
                "rrsync",
                "an executable rrsync, to restrict the transfer key to reading the data",
                "none on the path or in /usr/share/rsync/scripts",
                "it comes with rsync (older Debian: /usr/share/doc/rsync/scripts/rrsync.gz): put it"
                    + " into /usr/local/bin, executable"));
      }
    }
  }

  /** {@code restrict} in authorized_keys needs OpenSSH 7.2; the tunnel needs forwarding on dest. */
  private void ssh() {
    String version = facts.get("ssh");
    if (!version.contains("OpenSSH") || !atLeast(version.replaceFirst(".*OpenSSH_", ""), 7, 2)) {
      findings.add(
          Finding.stop(
              name,
              "ssh -V",
              "OpenSSH 7.2 or newer: authorized_keys with restrict",
              version.isEmpty() ? "no ssh" : version,
              "install a newer openssh-client and openssh-server"));
    } else {
      findings.add(Finding.pass(name, "ssh -V", version));
    }
    List<String> settings = facts.lines("sshd");
    if (role == Machine.Role.DEST) {
      List<String> against =
          settings.stream()
              .filter(
                  setting ->
                      setting.matches("(?i)allowtcpforwarding (no|remote)|disableforwarding yes"))
              .toList();
      if (!against.isEmpty()) {
        findings.add(
            Finding.stop(
                name,
                "sshd_config",
                "AllowTcpForwarding yes or local, for source's tunnel to Redis",
                String.join(", ", against),
                "allow it, at least for " + survey.machine().user() + ", and reload sshd"));
      }
    }
    if (settings.stream().anyMatch(setting -> setting.matches("(?i)pubkeyauthentication no"))) {
      findings.add(
          Finding.stop(
              name,
              "sshd_config",
              "PubkeyAuthentication yes",
              "PubkeyAuthentication no",
              "allow it: the transfer and the tunnel log in by key"));
    }
  }

  private void layout(Layout layout) {
    findings.add(
        Finding.pass(
            name,
            "layout of 2018–2019",
            "%s, project %s, containers %s"
                .formatted(
                    layout.composeFile(),
                    layout.project(),
                    List.of(
                            layout.redisContainer(),
                            layout.dnsContainer(),
                            layout.registerContainer(),
                            layout.nginxContainer())
                        .stream()
                        .filter(container -> !container.isEmpty())
                        .collect(joining(", ")))));
    if (isMaster() && !facts.has("root.writable")) {
      findings.add(
          Finding.stop(
              name,
              "CONF_ROOT " + survey.machine().confRoot(),
              "writable for " + facts.get("user"),
              "not writable",
              "use a user who may edit the platform's files"));
    }
    boolean v1 = layout.composeCommand().equals("docker-compose");
    String version = facts.get(v1 ? "compose.v1" : "compose.v2");
    if (VERSION.matcher(version).find()) {
      findings.add(Finding.pass(name, layout.composeCommand(), version));
    } else {
      findings.add(
          Finding.stop(
              name,
              layout.composeCommand() + " version",
              "a docker compose that the start script can call",
              "none",
              "install it, or name another one as layout.composeCommand in the platform file"));
    }
  }

  private void scripts(Layout layout) {
    for (String path : List.of(layout.startScript(), layout.stopScript())) {
      String script = path.substring(path.lastIndexOf('/') + 1);
      if (facts.raw("script." + script).isEmpty() || !facts.has("executable." + script)) {
        findings.add(
            Finding.stop(
                name,
                path,
                "the platform's own script, executable",
                facts.raw("script." + script).isEmpty() ? "none" : "not executable",
                "put it there as the vendor's template has it (chmod 755)"));
      } else {
        findings.add(Finding.pass(name, path, "there, executable"));
      }
    }
  }

  private void containers(Layout layout) {
    List<Found> all = survey.containers();
    List<Found> ours =
        all.stream()
            .filter(container -> layout.has(container.project(), container.service()))
            .toList();
    List<String> down =
        List.of(
                layout.redisContainer(),
                layout.dnsContainer(),
                layout.registerContainer(),
                layout.nginxContainer())
            .stream()
            .filter(container -> !container.isEmpty())
            .filter(
                container ->
                    ours.stream().noneMatch(found -> found.name().equals(container) && found.up()))
            .toList();
    if (down.isEmpty()) {
      findings.add(
          Finding.pass(
              name, "containers", ours.stream().map(Found::name).sorted().collect(joining(", "))));
    } else if (role == Machine.Role.DEST) {
      findings.add(
          Finding.pass(name, "containers", "not launched yet: " + String.join(", ", down)));
    } else if (role == Machine.Role.DEST_SLAVE) {
      findings.add(
          Finding.warn(
              name,
              "containers",
              "every service of the slave up",
              "down: " + String.join(", ", down),
              "start them with " + layout.startScript() + " before the name servers change"));
    } else {
      findings.add(
          Finding.stop(
              name,
              "containers",
              "every service of the register up",
              "down: " + String.join(", ", down),
              "start them with " + layout.startScript() + " and see why they were down"));
    }
    String strangers =
        all.stream()
            .filter(
                container ->
                    container.up() && !layout.has(container.project(), container.service()))
            .map(Found::name)
            .sorted()
            .collect(joining(", "));
    if (!strangers.isEmpty() && isMaster()) {
      findings.add(
          Finding.warn(
              name,
              layout.stopScript(),
              "no other containers on the host: it stops every one",
              strangers,
              "nothing: this program stops the register's own containers only, never with this script"));
    }
  }

  private void images(ComposeServices services) {
    Set<String> there = new TreeSet<>();
    facts.lines("images").forEach(line -> there.add(line.split(" ", 2)[0]));
    String missing =
        services.services().stream()
            .map(ComposeServices.Service::image)
            .filter(image -> !image.isEmpty() && !image.contains("@") && !image.contains("$"))
            .map(
                image ->
                    image.substring(image.lastIndexOf('/') + 1).contains(":")
                        ? image
                        : image + ":latest")
            .filter(image -> !there.contains(image) && !there.contains("docker.io/" + image))
            .distinct()
            .sorted()
            .collect(joining(", "));
    if (missing.isEmpty()) {
      findings.add(Finding.pass(name, "docker images", "every image of the compose file is there"));
    } else {
      findings.add(
          Finding.stop(
              name,
              "docker images",
              "every image of the compose file downloaded",
              "missing: " + missing,
              "pull them (docker-compose pull): nothing may be downloaded in the cold window"));
    }
  }

  /**
   * What another program listens on, dest's services could not have: an address of its own is
   * enough to keep docker from all of them.
   */
  private void ports(Layout layout, ComposeServices services) {
    boolean launched =
        survey.containers().stream()
            .anyMatch(
                container ->
                    layout.has(container.project(), container.service()) && container.up());
    if (launched) {
      return;
    }
    String check = "ports of dest's services";
    List<String> listening = facts.lines("listening");
    if (listening.isEmpty()) {
      findings.add(
          Finding.warn(
              name,
              check,
              "what listens, from ss or /proc/net",
              "nothing, not even sshd",
              "see by hand that nothing listens on them"));
      return;
    }
    List<Wanted> wanted =
        Stream.concat(
                services.services().stream()
                    .flatMap(service -> service.published().stream())
                    .filter(port -> port.host() > 0)
                    .map(
                        port ->
                            new Wanted(
                                port.protocol(), port.address(), port.host(), port.hostEnd())),
                Stream.of(new Wanted("tcp", "127.0.0.1", REDIS_PORT, REDIS_PORT)))
            .toList();
    List<String> taken =
        listening.stream()
            .map(line -> line.split("\\s+", -1))
            .filter(words -> words.length >= 5)
            .filter(words -> wanted.stream().anyMatch(port -> port.isTakenBy(words[0], words[4])))
            .map(words -> words[0] + " " + words[4])
            .distinct()
            .toList();
    if (taken.isEmpty()) {
      findings.add(
          Finding.pass(
              name,
              check,
              "free: " + wanted.stream().map(Wanted::described).distinct().collect(joining(", "))));
    } else {
      findings.add(
          Finding.stop(
              name,
              check,
              "free: dest's services are not launched yet",
              String.join(", ", taken),
              "see which program listens there (ss -lntup) and stop it, such as the stub listener of"
                  + " systemd-resolved"));
    }
  }

  /** A port of the host that compose will ask docker for. */
  private record Wanted(String protocol, String address, int from, int to) {

    private static final Set<String> EVERYWHERE = Set.of("", "0.0.0.0", "*", "::");

    /**
     * Whether a socket stands in its way.
     *
     * @param local as ss prints it, such as {@code 127.0.0.53%lo:53} or {@code [::]:443}
     */
    boolean isTakenBy(String ofProtocol, String local) {
      int colon = local.lastIndexOf(':');
      String port = local.substring(colon + 1);
      String at = local.substring(0, Math.max(0, colon)).replaceAll("%.*$|[\\[\\]]|::ffff:", "");
      return protocol.equals(ofProtocol)
          && port.matches("\\d{1,5}")
          && Integer.parseInt(port) >= from
          && Integer.parseInt(port) <= to
          && (EVERYWHERE.contains(at) || EVERYWHERE.contains(address) || at.equals(address));
    }

    String described() {
      return (address.isEmpty() ? "" : address + ":")
          + (from == to ? String.valueOf(from) : from + "-" + to)
          + "/"
          + protocol;
    }
  }

  /** What sshd's shell prints before each answer, rsync takes for its protocol. */
  private void words() {
    if (facts.has("shell.words")) {
      findings.add(
          Finding.warn(
              name,
              "the login shell of " + facts.get("user"),
              "silent when it is started for a command",
              "it prints: " + String.join(" ", facts.lines("shell.words")),
              "let ~/.bashrc print only for an interactive shell (case $- in *i*) … esac)"));
    }
  }

  static boolean atLeast(String text, int major, int minor) {
    Matcher version = VERSION.matcher(text);
    if (!version.find()) {
      return false;
    }
    int foundMajor = Integer.parseInt(version.group(1));
    int foundMinor = Integer.parseInt(version.group(2));
    return foundMajor > major || (foundMajor == major && foundMinor >= minor);
  }
}
