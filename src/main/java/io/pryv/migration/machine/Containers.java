package io.pryv.migration.machine;

import io.pryv.migration.platform.Layout;
import io.pryv.migration.platform.Register;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The containers of one register: its compose project on one machine.
 *
 * <p>How they were is part of each change's purpose, and so stands in the journal before it is
 * made.
 *
 * <p><em>Held down</em> means that nothing but us brings them back: {@code restart: always} would
 * start them with the host (field guide 3.14), in the middle of a cold window, and be a second
 * writer. What each container's restart policy was is kept in a file on the machine, written in the
 * same command that changes it.
 */
public final class Containers {

  /** How long a start or stop of all containers may take; Redis saves before it ends. */
  private static final Duration DEADLINE = Duration.ofMinutes(3);

  private final Shell shell;
  private final Layout layout;
  private final String confRoot;
  private final String migration;

  /** As last seen here; null when that is not known, or was changed since. */
  private List<Container> seen;

  private Containers(Shell shell, Layout layout, String confRoot, String migration) {
    this.shell = shell;
    this.layout = layout;
    this.confRoot = confRoot;
    this.migration = migration;
  }

  /** The containers of a register, for one migration. */
  public static Containers of(Hands hands, Register register, String migration) {
    return new Containers(
        hands.on(register.machine()), register.layout(), register.machine().confRoot(), migration);
  }

  /** Every container of the project, running or not. */
  public List<Container> look() {
    seen =
        Container.parse(
            shell
                .run(Command.look("look at the register's containers", prologue() + LOOK))
                .orFail("see that docker runs and that the user may use it, then retry"));
    return seen;
  }

  /** A change of theirs; a step that has looked before it decided need not look again for it. */
  private Command change(String purpose, String script) {
    List<Container> were = seen == null ? look() : seen;
    seen = null;
    return Command.change(
        purpose
            + "; they were: "
            + (were.isEmpty()
                ? "none"
                : were.stream()
                    .map(c -> c.name() + " " + c.status() + ", restart=" + c.restartPolicy())
                    .collect(Collectors.joining("; "))),
        script);
  }

  /**
   * Notes on the machine how the containers are, unless that was noted before: what they are to be
   * again if the migration is given up.
   *
   * @return as they were when it was noted first
   */
  public List<Container> remember() {
    Optional<List<Container>> noted = remembered();
    if (noted.isEmpty()) {
      shell
          .run(
              Command.change(
                  "note how the register's containers are",
                  prologue()
                      + "umask 077\nmkdir -p \"$work\"\nlook() {\n"
                      + LOOK
                      + "}\nlook >\"$work/containers-before.new\"\n"
                      + "sync -- \"$work/containers-before.new\"\n"
                      + "mv \"$work/containers-before.new\" \"$work/containers-before\"\n"
                      + "sync -- \"$work\"\n"))
          .orFail("see that docker runs and that the user may use it, then retry");
      noted = remembered();
    }
    return noted.orElseThrow();
  }

  /** What {@link #remember} noted, if it did. */
  public Optional<List<Container>> remembered() {
    String noted =
        shell
            .run(
                Command.look(
                    "read how the register's containers were",
                    prologue()
                        + "if [ -e \"$work/containers-before\" ]; then echo noted; cat"
                        + " \"$work/containers-before\"; fi\n"))
            .orFail("see that HOME can be read, then retry");
    return noted.isEmpty()
        ? Optional.empty()
        : Optional.of(Container.parse(noted.substring("noted".length())));
  }

  /** Starts them as the platform does; then they may come back by themselves again. */
  public void start() {
    start(
        change(
            "start the services with " + layout.startScript(),
            prologue() + STARTING + START + LIFT + platformScript(layout.startScript())));
  }

  /**
   * Starts those that do not run, of a register that was started before and went down by our will:
   * the platform's script would take seconds to find that it has nothing to do.
   */
  public void startAgain() {
    start(
        Command.change(
            "start what does not run of the services", prologue() + STARTING + START + LIFT));
  }

  /** Starts nginx alone, as it is held: what it leads to can be seen before anything else runs. */
  public void startNginx() {
    start(
        change(
            "start nginx alone",
            prologue()
                + STARTING
                + "names=$(ours --format '{{.Names}}' --filter status=created --filter status=exited"
                + " --filter status=dead)\nwave $(there \"$proxy\")\n"));
  }

  private void start(Command start) {
    seen = null;
    shell
        .run(start.within(DEADLINE))
        .orFail(
            "look at `docker ps -a` and the log of the container that did not start, then retry;"
                + " a port \"already allocated\" that no container has is one that docker has kept"
                + " from before a crash of the machine: restart docker there");
  }

  /**
   * Makes every container unable to come back by itself, and stops those that run.
   *
   * @return the containers as they were left, with their exit codes
   */
  public List<Container> holdDownAndStop() {
    return left(
        change(
                "hold the register's containers down and stop them",
                prologue() + HOLD + STOP + PROVE_DOWN + LOOK)
            .within(DEADLINE));
  }

  private List<Container> left(Command stop) {
    seen =
        Container.parse(
            shell
                .run(stop)
                .orFail("look at `docker ps` and stop the register's containers, then retry"));
    return seen;
  }

  /**
   * Kills Redis, without waiting for it to end in good order: its data is kept, or a copy that will
   * be made again. The other services go on. A restart of docker brings it back; whoever changes
   * its files meanwhile bears that.
   */
  public void killRedis() {
    shell
        .run(change("kill Redis", prologue() + KILL_REDIS).within(DEADLINE))
        .orFail("look at `docker ps` and stop dest's Redis, then retry");
  }

  /**
   * Changes the files of Redis: kills it, runs the script, and starts it on them, with whatever
   * else does not run. One command, since its clients, register and dns, wait the longer between
   * their tries the longer they find no Redis. Cut off, it is finished by the next call, if the
   * script can be.
   *
   * @param condition a script that fails, and says why, when nothing may be done
   */
  public void changeRedisFiles(String purpose, String condition, String script) {
    Command change =
        change(
                "kill Redis, " + purpose + ", start it",
                prologue()
                    + "(\n"
                    + condition
                    + ")\n"
                    + KILL_REDIS
                    + "(\n"
                    + script
                    + ")\n"
                    + STARTING
                    + "begin \"$redis\"\n"
                    + START
                    + LIFT)
            .within(DEADLINE);
    shell
        .run(change)
        .orFail(
            "look at `docker ps -a`, at the log of Redis, and whether the disk is full, then retry");
  }

  /** The services that the compose file declares. */
  public List<String> declaredServices() {
    return shell
        .run(
            Command.look(
                "read the services of " + layout.composeFile(),
                "cd " + Quote.sh(confRoot) + " && " + compose() + " config --services </dev/null"))
        .orFail("run the same command by hand and correct the compose file, then retry")
        .lines()
        .map(String::strip)
        .filter(line -> !line.isEmpty())
        .toList();
  }

  /**
   * Creates the containers anew where the compose file has changed, without starting any, and holds
   * them down: they exist before the cold window begins.
   */
  public void createHeldDown() {
    shell
        .run(
            change(
                    "create the containers without starting them",
                    prologue()
                        + HOLD
                        + REMEMBER_NETWORKS
                        + "compose_up() { "
                        + compose()
                        + " up --no-start; }\nscript="
                        + Quote.sh(layout.startScript())
                        + "\n"
                        + CREATE
                        + "(cd "
                        + Quote.sh(confRoot)
                        + " && create) >&2 </dev/null\n"
                        + JOIN_NETWORKS
                        + HOLD_AGAIN
                        + PROVE_DOWN)
                .within(DEADLINE))
        .orFail("run the same command by hand in CONF_ROOT and see what it says, then retry");
  }

  /** Whether {@link #createHeldDown} was cut off before the containers had all their networks. */
  public boolean halfMade() {
    return !shell
        .run(
            Command.look(
                "see whether the containers were made whole",
                prologue() + "[ ! -e \"$work/networks\" ]"))
        .succeeded();
  }

  /** Whether restart policies were taken away and not given back. */
  public boolean heldDown() {
    return shell
        .run(
            Command.look(
                "see whether the containers are held down", prologue() + "[ -s \"$hold\" ]"))
        .succeeded();
  }

  /** Gives them back their restart policies without starting any. */
  public void liftHold() {
    shell
        .run(
            change("give the register's containers their restart policies back", prologue() + LIFT))
        .orFail("see that docker runs and that the user may use it, then retry");
  }

  /** Removes the project's containers and networks: docker knows of none, as before a launch. */
  public void remove() {
    shell
        .run(
            change(
                    "remove the register's containers and networks",
                    prologue()
                        + "(cd "
                        + Quote.sh(confRoot)
                        // A network that others of the project use can't be removed.
                        + " && if [ -z \"$(others)\" ]; then "
                        + compose()
                        + " down; else "
                        + compose()
                        + " rm --stop --force; fi) >&2 </dev/null\nrm -f \"$hold\"\n")
                .within(DEADLINE))
        .orFail("look at `docker ps -a` on the machine, then retry");
  }

  /** {@code docker-compose -f FILE}, quoted. */
  public String compose() {
    return layout.composeCommand() + " -f " + Quote.sh(layout.composeFile());
  }

  /** One line per container, for the operator. */
  public static String describe(List<Container> containers) {
    return containers.isEmpty()
        ? "no container"
        : containers.stream()
            .map(container -> container.name() + " " + container.status())
            .collect(Collectors.joining(", "));
  }

  private String platformScript(String script) {
    return "(cd %s && as_root %s) >&2 </dev/null%n".formatted(Quote.sh(confRoot), Quote.sh(script));
  }

  private String prologue() {
    return """
        set -eu
        proxy=%s
        redis=%s
        work="$HOME/.register-migration/"%s
        hold="$work/restart-policies"
        """
            .formatted(
                Quote.sh(layout.nginxContainer()),
                Quote.sh(layout.redisContainer()),
                Quote.sh(migration))
        + ours(layout);
  }

  /**
   * Defines {@code ours}, which lists the register's containers as {@code docker ps -a} does: those
   * of its compose file only, since another file in the same directory makes the same project.
   */
  public static String ours(Layout layout) {
    return """
        project=%s services=%s
        ours() {
          local format='{{.ID}}' all service rest
          local -a with=()
          while [ $# -gt 0 ]; do
            case $1 in -q) ;; --format) format=$2; shift ;; *) with+=("$1") ;; esac
            shift
          done
          all=$(docker ps -a --no-trunc --filter "label=com.docker.compose.project=$project" \\
            --format "{{.Label \\"com.docker.compose.service\\"}} $format" ${with[@]+"${with[@]}"}) || return
          while read -r service rest; do
            case " ${services:-$service} " in *" $service "*) printf '%%s\\n' "$rest" ;; esac
          done <<<"$all"
        }
        others() {
          local ids
          ids=$(ours -q) || return
          docker ps -a -q --no-trunc --filter "label=com.docker.compose.project=$project" | grep -vxF -- "${ids:-none}" || true
        }
        """
        .formatted(Quote.sh(layout.project()), Quote.sh(String.join(" ", layout.services())));
  }

  private static final String LOOK =
      "ids=$(ours -q)\n[ -z \"$ids\" ] || docker inspect -f "
          + Quote.sh(Container.FORMAT)
          + " $ids\n";

  /**
   * Records each policy, on the disk, before it is changed; a policy already recorded is never
   * overwritten.
   */
  private static final String HOLD =
      """
      umask 077
      mkdir -p "$work"
      hold_down() {
        local ids name policy
        touch "$hold"
        ids=$(ours -q)
        [ -n "$ids" ] || return 0
        docker inspect -f '{{.Name}} {{.HostConfig.RestartPolicy.Name}}:{{.HostConfig.RestartPolicy.MaximumRetryCount}}' $ids |
          while read -r name policy; do
            case "$policy" in no:*|:*) continue ;; esac
            grep -qF -- "${name#/} " "$hold" || printf '%s %s\\n' "${name#/}" "$policy" >>"$hold"
          done
        sync -- "$hold" "$work" || return
        docker update --restart=no $ids >/dev/null
      }
      hold_down
      """;

  /**
   * docker-compose 1 gives a container its first network when it makes it, and the others only when
   * it starts it itself: what was made anew without being started lacks them (measured: nginx found
   * no "register"). So they are remembered before and joined after.
   */
  private static final String REMEMBER_NETWORKS =
      """
      networks_of() { docker inspect -f '{{range $n, $v := .NetworkSettings.Networks}}{{$n}} {{end}}' "$1"; }
      services() { ours --format '{{.Names}} {{.Label "com.docker.compose.service"}}'; }
      if [ ! -e "$work/networks" ]; then
        services | while read -r name service; do
          for network in $(networks_of "$name"); do printf '%s %s\n' "$service" "$network"; done
        done >"$work/networks.new"
        sync -- "$work/networks.new"
        mv "$work/networks.new" "$work/networks"
        sync -- "$work"
      fi
      """;

  private static final String JOIN_NETWORKS =
      """
      services | while read -r name service; do
        joined=" $(networks_of "$name") "
        while read -r owner network; do
          [ "$owner" = "$service" ] || continue
          case "$joined" in
            *" $network "*) ;;
            *) docker network connect --alias "$service" "$network" "$name" ;;
          esac
        done <"$work/networks"
      done
      rm "$work/networks"
      """;

  /**
   * What the start script does, as it does it, but for starting anything: what compose makes
   * depends on the environment that the script exports, and a launch would make anew what was made
   * without it. Where the script calls compose in another way than by its name, compose is called
   * as we know it.
   */
  private static final String CREATE =
      """
      create() {
        local path="$work/no-start" tool
        if grep -v '^ *#' "$script" | grep -qE 'sudo|/docker' || ! grep -v '^ *#' "$script" | grep -qE 'docker[- ]compose'; then
          compose_up
          return
        fi
        mkdir -p "$path"
        rm -f "$path/called"
        cat >"$path/docker-compose" <<'TOOL'
      #!/bin/bash
      # Made by register-migration: what the start script would start is only created.
      me=${0##*/} up=
      declare -a words=()
      if [ "$me" = docker-compose ] || [ "$1" = compose ]; then
        for word; do
          case $up$word in up) up=yes; words+=(up --no-start) ;; yes-d | yes--detach) ;; *) words+=("$word") ;; esac
        done
        [ -z "$up" ] || : >"${0%/*}/called"
      else
        words=("$@")
      fi
      PATH=${PATH#"${0%/*}:"}
      exec "$me" "${words[@]}"
      TOOL
        chmod 700 "$path/docker-compose"
        cp "$path/docker-compose" "$path/docker"
        as_root env PATH="$path:$PATH" "$script" || return
        [ -e "$path/called" ] || compose_up || return
        rm -r "$path"
      }
      """;

  private static final String HOLD_AGAIN = "hold_down\n";

  private static final String LIFT =
      """
      if [ -e "$hold" ]; then
        there=$(ours --format '{{.Names}}')
        for policy in $(cut -d' ' -f2 "$hold" | sort -u); do
          names=
          while read -r name held; do
            [ "$held" != "$policy" ] || ! printf '%s\\n' "$there" | grep -qxF -- "$name" || names="$names $name"
          done <"$hold"
          case "$policy" in on-failure:0) policy=on-failure ;; on-failure:*) ;; *) policy=${policy%%:*} ;; esac
          [ -z "$names" ] || docker update --restart="$policy" $names >/dev/null
        done
        rm -f "$hold"
      fi
      """;

  private static final String STOP =
      """
      running=$(ours -q --filter status=running --filter status=restarting --filter status=paused)
      [ -z "$running" ] || docker stop $running >/dev/null
      """;

  /** In as few calls as can be: writes are refused while they run. */
  private static final String KILL_REDIS =
      """
      docker kill "$redis" >/dev/null ||
        [ "$(docker inspect -f '{{.State.Running}}' "$redis")" = false ]
      """;

  private static final String PROVE_DOWN =
      """
      running=$(ours --format '{{.Names}}' --filter status=running --filter status=restarting --filter status=paused)
      [ -z "$running" ] || { echo "still running: $running" >&2; exit 1; }
      """;

  private static final String STARTING =
      """
      # After a reboot docker may be starting it, too, and lets only one of both have its port.
      begin() {
        docker start "$1" >/dev/null ||
          { sleep 1; [ "$(docker inspect -f '{{.State.Running}}' "$1")" = true ]; }
      }
      there() { printf '%s\\n' "$names" | grep -xF -- "$1" || true; }
      but() { printf '%s\\n' "$names" | grep -vxF "$@" || true; }
      wave() {
        local pids= name pid failed=
        for name in "$@"; do begin "$name" & pids="$pids $!"; done
        for pid in $pids; do wait "$pid" || failed=yes; done
        [ -z "$failed" ]
      }
      """;

  /**
   * Containers that exist are started in waves, as they depend on each other: several times faster
   * than compose does it.
   */
  private static final String START =
      """
      names=$(ours --format '{{.Names}}' --filter status=created --filter status=exited --filter status=dead)
      wave $(there "$redis")
      wave $(but -e "$redis" -e "$proxy")
      wave $(there "$proxy")
      """;
}
