package io.pryv.migration.machine;

import io.pryv.migration.platform.StepFailure;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Long work on a machine that outlives this program and the SSH connection. It is launched once by
 * its id and attached to afterwards; its script, process, log and exit code are files in {@code
 * $HOME/.register-migration/MIGRATION/ID/} on the machine.
 *
 * <p>The launch holds a lock ({@code flock}) that dies with the launcher, so two launches make one
 * job, and one that was cut off in the middle is repeated by the next. A job counts as running
 * while any process of its session lives, so that a killed shell with its rsync still at work is
 * not taken for an end.
 */
public final class DetachedJob {

  /** What became of a job. */
  public enum State {
    /** Never launched, or forgotten. */
    ABSENT,
    RUNNING,
    /** It ended by itself; its exit code is known. */
    ENDED,
    /** It is gone without an exit code: killed, or the machine was rebooted. */
    VANISHED
  }

  /**
   * A job as last seen.
   *
   * @param exitCode of its script; -1 unless it {@code ENDED}
   * @param tail the end of what it printed on both streams, at most 4,000 bytes
   */
  public record Status(State state, int exitCode, String tail) {

    public boolean running() {
      return state == State.RUNNING;
    }

    public boolean succeeded() {
      return state == State.ENDED && exitCode == 0;
    }
  }

  /** The longest that one look may wait, so that a step's round stays short. */
  public static final Duration LONGEST_WAIT = Duration.ofSeconds(3);

  private static final Pattern SAFE = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*");

  /**
   * Shell functions over the job's directory {@code $d}. Process start times are in clock ticks
   * since boot (proc(5), stat, field 22); the session is field 6.
   */
  private static final String FUNCTIONS =
      """
      d=$HOME/.register-migration/%s/%s
      stat_field() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f"$2"; }
      members() { sed 's/^\\([0-9]*\\) .*) [^Z] [-0-9]* [-0-9]* \\([-0-9]*\\) .*/\\2 \\1/' /proc/[0-9]*/stat 2>/dev/null | sed -n "s/^$1 //p"; }
      alive() {
        [ -e "$d/pid" ] || return 1
        read -r pid start boot <"$d/pid"
        [ "$boot" = "$(cat /proc/sys/kernel/random/boot_id)" ] || return 1
        now=$(stat_field "$pid" 20)
        [ -z "$now" ] || [ "$now" = "$start" ] || return 1
        [ -n "$(members "$pid")" ]
      }
      say() {
        echo "$1 ${2:--1}"
        if [ -e "$d/log" ]; then tail -c 4000 -- "$d/log"; fi
      }
      look() {
        if [ ! -e "$d/pid" ]; then say ABSENT; return; fi
        tries=$1
        while alive; lives=$?; [ ! -s "$d/exit" ] && [ $lives -eq 0 ] && [ "$tries" -gt 0 ]; do
          sleep 0.1; tries=$((tries - 1))
        done
        if [ -s "$d/exit" ]; then say ENDED "$(cat "$d/exit")"
        elif [ $lives -eq 0 ]; then say RUNNING
        else say VANISHED; fi
      }
      """;

  private static final String LAUNCH =
      """
      set -u
      umask 077
      mkdir -p -- "$d" || exit
      exec 9>"$d/lock"
      flock -w 10 9 || { echo 'somebody else has been launching this job for 10 s'; exit 75; }
      if [ ! -e "$d/pid" ]; then
        printf '%%s\\n' %s >"$d/script"
        rm -f -- "$d/exit" "$d/log"
        setsid nohup bash -c '
          read -r line <"/proc/$$/stat"; set -- "$1" ${line##*) }
          echo "$$ ${21} $(cat /proc/sys/kernel/random/boot_id)" >"$1/pid.new"
          mv -- "$1/pid.new" "$1/pid"
          cd
          bash "$1/script" >"$1/log" 2>&1
          echo $? >"$1/exit.new"
          mv -- "$1/exit.new" "$1/exit"
        ' register-migration "$d" </dev/null >/dev/null 2>&1 9>&- &
        tries=50
        while [ ! -e "$d/pid" ] && [ $tries -gt 0 ]; do sleep 0.1; tries=$((tries - 1)); done
        [ -e "$d/pid" ] || { echo 'the job did not start within 5 s'; exit 75; }
      fi
      look %d
      """;

  private final Shell shell;
  private final String purpose;
  private final String functions;

  /**
   * A job on a machine; nothing is launched yet.
   *
   * @param migration the migration's id
   * @param id names the job within the migration; letters, digits, dots, dashes, underscores
   * @param purpose what it is for, in the operator's words
   */
  public DetachedJob(Shell shell, String migration, String id, String purpose) {
    if (!SAFE.matcher(migration).matches() || !SAFE.matcher(id).matches()) {
      throw new IllegalArgumentException("not fit for a file name: " + migration + ", " + id);
    }
    this.shell = shell;
    this.purpose = purpose;
    this.functions = FUNCTIONS.formatted(migration, id);
  }

  /**
   * Launches the script with bash, in HOME, unless this job was launched before: then whatever
   * became of that one is told. To run it anew, {@link #forget} it first.
   */
  public Status launch(String script) {
    return launch(script, Duration.ZERO);
  }

  private Status launch(String script, Duration waitUpTo) {
    return status(
        shell.run(
            Command.change(
                "launch: " + purpose,
                functions + LAUNCH.formatted(Quote.sh(script), tenths(waitUpTo)))));
  }

  private static long tenths(Duration waitUpTo) {
    return Math.min(waitUpTo.toMillis(), LONGEST_WAIT.toMillis()) / 100;
  }

  /**
   * Attaches to this job, or launches it when it never was, and waits for its end as {@link #look}
   * does. A round that only attaches changes nothing, and leaves nothing in the journal.
   */
  public Status attachOrLaunch(String script, Duration waitUpTo) {
    Status seen = look(waitUpTo);
    if (seen.state() != State.ABSENT) {
      return seen;
    }
    return launch(script, waitUpTo);
  }

  /** Looks, waiting for its end for as long as told, but never longer than 3 s. */
  public Status look(Duration waitUpTo) {
    return status(
        shell.run(Command.look("see: " + purpose, functions + "look " + tenths(waitUpTo))));
  }

  /** The ids of a migration's jobs that run on a machine now. */
  private static List<String> running(Shell shell, String migration) {
    if (!SAFE.matcher(migration).matches()) {
      throw new IllegalArgumentException("not fit for a file name: " + migration);
    }
    return shell
        .run(
            Command.look(
                "see which jobs run",
                FUNCTIONS.formatted(migration, ".")
                    + """
                    for d in "${d%/.}"/*/; do
                      d=${d%/}
                      if alive && [ ! -s "$d/exit" ]; then echo "${d##*/}"; fi
                    done
                    """))
        .orFail("see that HOME can be read, then retry the step")
        .lines()
        .filter(line -> !line.isBlank())
        .toList();
  }

  /**
   * Throws unless none of a migration's jobs runs on a machine: none writes there any more.
   *
   * @param consequence what was not done if one does, in the operator's words
   */
  public static void requireNone(Shell shell, String migration, String consequence) {
    List<String> running = running(shell, migration);
    if (!running.isEmpty()) {
      throw new StepFailure(
          shell.machine().name(),
          "jobs of this migration",
          "none: what was brought stays as it is",
          String.join(", ", running) + " runs; " + consequence,
          "go again once it has ended");
    }
  }

  /**
   * Ends all of a migration's jobs that run on a machine.
   *
   * @param but the one that is left alone
   * @return their ids
   */
  public static List<String> endAll(Shell shell, String migration, String but) {
    List<String> ids = running(shell, migration).stream().filter(id -> !id.equals(but)).toList();
    ids.forEach(id -> new DetachedJob(shell, migration, id, id).kill());
    return ids;
  }

  /** Ends every process of the job, if any is left, and waits until none is. */
  public void kill() {
    shell
        .run(
            Command.change(
                "end: " + purpose,
                functions
                    + """
                    signal=TERM; tries=100
                    while alive && [ $tries -gt 0 ]; do
                      members "$pid" | xargs -r kill -s $signal 2>/dev/null ||
                        members "$pid" | as_root xargs -r kill -s $signal 2>/dev/null
                      tries=$((tries - 1)); [ $tries -gt 70 ] || signal=KILL
                      sleep 0.1
                    done
                    ! alive
                    """))
        .orFail("see what process of the job refuses to end, then retry the step");
  }

  /** Removes its files, so that it can be launched anew; nothing happens when there are none. */
  public void forget() {
    shell
        .run(
            Command.change(
                "forget: " + purpose,
                functions
                    + """
                    if alive && [ ! -s "$d/exit" ]; then echo 'it is still running'; exit 1; fi
                    rm -rf -- "$d"
                    """))
        .orFail("wait for the job's end, or end it, then retry the step");
  }

  private Status status(CommandResult result) {
    if (!result.succeeded()) {
      throw new StepFailure(
          result.machine(),
          result.command().purpose(),
          "a detached job, or none",
          (result.output() + result.errors()).strip(),
          "see that HOME is writable and has space, then retry the step");
    }
    String[] parts = result.output().split("\n", 2);
    String[] words = parts[0].split(" ", -1);
    return new Status(State.valueOf(words[0]), Integer.parseInt(words[1]), parts[1]);
  }
}
