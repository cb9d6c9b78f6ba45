package io.pryv.migration.preflight;

import io.pryv.migration.machine.AsRoot;
import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.CommandResult;
import io.pryv.migration.machine.Lease;
import io.pryv.migration.machine.LeaseFile;
import io.pryv.migration.machine.Quote;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.platform.Machine;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The first look at a machine: who we are there, its tools, clock, containers and configuration.
 *
 * @param began and {@code ended}: our own clock around the look
 */
record Survey(Machine machine, Facts facts, Instant began, Instant ended) {

  /** What only the user can tell. */
  private static final String OWN =
      """
      date +%s.%N | fact clock.begin
      id -un | fact user
      echo "$EUID" | fact uid
      printf '%s' "$HOME" | fact home
      if %POSSIBLE%; then echo yes | fact as.root; fi
      # Who may not see others' processes takes what runs for ended.
      if [ -r /proc/1/stat ]; then echo yes | fact processes; fi
      # Whether the login shell prints by itself when sshd starts it for a command.
      env SHLVL=0 SSH_CLIENT="${SSH_CLIENT:-192.0.2.1 1 22}" "${SHELL:-bash}" -c : 2>/dev/null </dev/null | head -c 200 | fact shell.words
      (cd "$root" 2>/dev/null && pwd -P) | fact root
      """
          .replace("%POSSIBLE%", AsRoot.POSSIBLE);

  /** What is looked at as root where that works. */
  private static final String LOOK =
      """
      bash --version | head -n 1 | fact bash
      for tool in docker docker-compose rsync ssh ssh-keygen ssh-keyscan base64 sha256sum setsid timeout \
          stat find mktemp readlink flock ps awk sed grep ip; do
        if command -v "$tool" >/dev/null; then echo "$tool"; fi
      done | fact tools
      rsync --version 2>/dev/null | head -n 1 | fact rsync
      for path in "$(command -v rrsync)" /usr/share/rsync/scripts/rrsync /usr/share/doc/rsync/scripts/rrsync; do
        if [ -n "$path" ] && [ -x "$path" ]; then echo "$path"; break; fi
      done | fact rrsync
      ssh -V 2>&1 | fact ssh
      # What it warns of is no failure, and no version.
      if version=$(docker version --format '{{.Server.Version}}' 2>/dev/null </dev/null); then echo "$version"; else
        docker version --format '{{.Server.Version}}' 2>&1 </dev/null
      fi | fact docker
      docker-compose version --short 2>/dev/null </dev/null | fact compose.v1
      docker compose version --short 2>/dev/null </dev/null | fact compose.v2
      settings=$( (sshd -T || /usr/sbin/sshd -T) 2>/dev/null)
      printf '%s\n' "$settings" | grep -iE '^(allowtcpforwarding|disableforwarding|pubkeyauthentication) ' | fact sshd
      keys=$(printf '%s\n' "$settings" | sed -n 's/^hostkey \\(.*\\)$/\\1.pub/p')
      cat ${keys:-/etc/ssh/ssh_host_*_key.pub} 2>/dev/null | fact hostkeys
      grep -E '^(MemTotal|MemAvailable):' /proc/meminfo | fact memory
      {
        # Without ss, or with one that does not know -H, as it prints them, from where it has them.
        ss -Hlntu 2>/dev/null | grep . || for protocol in tcp tcp6 udp udp6; do
          while read -r _ local _ state _; do
            # A TCP socket listens in state 0A.
            case $protocol$state in tcp*0A | udp*07) ;; *) continue ;; esac
            hex=${local%%:*}
            case $hex in
              ???????? | 0000000000000000FFFF0000????????)
                hex=${hex: -8}
                address=$((16#${hex:6:2})).$((16#${hex:4:2})).$((16#${hex:2:2})).$((16#${hex:0:2})) ;;
              00000000000000000000000000000000) address='[::]' ;;
              *) address='[::1]' ;;
            esac
            echo "${protocol%6} LISTEN 0 0 $address:$((16#${local##*:})) *:*"
          done <"/proc/net/$protocol"
        done 2>/dev/null
      } | fact listening
      if cd "$root" 2>/dev/null; then
        if [ -w . ]; then echo yes | fact root.writable; fi
        for script in run-reg-master run-reg-slave run-pryv stop-containers stop-pryv; do
          if [ -r "$script" ]; then fact "script.$script" <"$script"; fi
          if [ -x "$script" ]; then echo yes | fact "executable.$script"; fi
        done
        for file in reg-master.yml reg-slave.yml pryv/pryv.yml; do
          if [ -r "$file" ]; then fact "compose.$file" <"$file"; fi
          if [ -w "$file" ]; then echo yes | fact "writable.$file"; fi
        done
        if [ -r .env ]; then sed -n 's/^COMPOSE_PROJECT_NAME=//p' .env | fact project.env; fi
        find -L . -maxdepth 5 -name log -prune -o -name '*.conf' -type f -size -512k -print 2>/dev/null |
          while IFS= read -r file; do
            if [ -r "$file" ]; then fact "conf.${file#./}" <"$file"; fi
          done
      fi
      if ids=$(docker ps -a -q --no-trunc 2>/dev/null </dev/null) && [ -n "$ids" ]; then
        docker inspect -f '%CONTAINER%' $ids 2>/dev/null </dev/null | fact containers
      fi
      docker image ls --no-trunc --format '{{.Repository}}:{{.Tag}} {{.ID}}' 2>/dev/null </dev/null | fact images
      { %LEASE%; } | fact lease
      date +%s.%N | fact clock.end
      """
          .replace("%CONTAINER%", Found.FORMAT)
          .replace("%LEASE%", LeaseFile.LOOK.strip().replace("\n", "; "));

  /** Looks at a machine; an unreachable one is the shell's failure. */
  static Survey of(Machine machine, Shell shell) {
    String begin = Facts.FUNCTION + "root=" + Quote.sh(machine.confRoot()) + "\n";
    Command look =
        Command.look(
                "look at the machine: tools, clock, containers, configuration",
                begin + OWN + AsRoot.unless("! " + AsRoot.POSSIBLE, begin + LOOK))
            .within(Duration.ofMinutes(1));
    Instant began = Instant.now();
    CommandResult result = shell.run(look);
    return new Survey(machine, Facts.parse(result.output()), began, Instant.now());
  }

  List<Found> containers() {
    return facts.lines("containers").stream().map(Found::parse).toList();
  }

  /** Text of a {@code .conf} file, by its absolute path below CONF_ROOT. */
  Optional<String> conf(String path) {
    String prefix = machine.confRoot() + "/";
    return path.startsWith(prefix)
        ? facts.raw("conf." + path.substring(prefix.length()))
        : Optional.empty();
  }

  /** Absolute paths of the {@code .conf} files directly in a directory. */
  List<String> confFilesIn(String directory) {
    return facts.values().keySet().stream()
        .filter(name -> name.startsWith("conf."))
        .map(name -> machine.confRoot() + "/" + name.substring("conf.".length()))
        .filter(path -> path.substring(0, path.lastIndexOf('/')).equals(directory))
        .sorted()
        .toList();
  }

  /**
   * How far the machine's clock is from ours, at least: the look took a while, so it is only known
   * to lie between two bounds; zero when they allow it.
   */
  Optional<Duration> clockSkew() {
    Optional<Instant> first = instant("clock.begin");
    Optional<Instant> last = instant("clock.end");
    if (first.isEmpty() || last.isEmpty()) {
      return Optional.empty();
    }
    Duration atMost = Duration.between(began, first.get());
    Duration atLeast = Duration.between(ended, last.get());
    if (atLeast.compareTo(Duration.ZERO) > 0) {
      return Optional.of(atLeast);
    }
    return Optional.of(atMost.isNegative() ? atMost : Duration.ZERO);
  }

  /** Who holds the machine; by our own clock where the machine's can't be understood. */
  Lease.Seen lease() {
    return LeaseFile.seen(facts.get("lease"), instant("clock.end").orElse(ended));
  }

  private Optional<Instant> instant(String name) {
    String[] parts = facts.get(name).split("\\.", 2);
    return parts.length == 2 && parts[0].matches("[0-9]{1,11}") && parts[1].matches("[0-9]{9}")
        ? Optional.of(Instant.ofEpochSecond(Long.parseLong(parts[0]), Long.parseLong(parts[1])))
        : Optional.empty();
  }

  /**
   * A container of the machine.
   *
   * @param workingDirectory of its compose project, empty before compose 1.25
   * @param mounts as {@code SOURCE>DESTINATION}
   */
  record Found(
      String name,
      String status,
      String project,
      String service,
      String workingDirectory,
      String image,
      List<String> mounts) {

    private static final String FORMAT =
        "{{.Name}}|{{.State.Status}}"
            + "|{{index .Config.Labels \"com.docker.compose.project\"}}"
            + "|{{index .Config.Labels \"com.docker.compose.service\"}}"
            + "|{{index .Config.Labels \"com.docker.compose.project.working_dir\"}}"
            + "|{{.Image}}|{{range .Mounts}}{{.Source}}>{{.Destination}} {{end}}";

    private static Found parse(String line) {
      String[] parts = line.split("\\|", 7);
      return new Found(
          parts[0].replaceFirst("^/", ""),
          parts[1],
          parts[2],
          parts[3],
          parts[4],
          parts[5],
          List.of(parts[6].strip().split("\\s+", -1)));
    }

    boolean up() {
      return status.equals("running") || status.equals("restarting") || status.equals("paused");
    }

    /** Whether it belongs to the platform under a CONF_ROOT. */
    boolean mountsBelow(String directory) {
      return mounts.stream().anyMatch(mount -> mount.startsWith(directory + "/"));
    }
  }
}
