package io.pryv.migration.machine;

import io.pryv.migration.platform.Layout;
import java.time.Duration;

/**
 * The proxy of a register, as it runs in its container. An nginx of ours that runs beside it, and
 * only holds registrations, is left out by its arguments.
 */
public final class NginxContainer {

  /** Sets {@code file} to the main file that nginx was started with, or its built-in one. */
  private static final String MAIN_FILE =
      """
      file=$(docker top "$c" -eo pid,args 2>/dev/null | sed -n '/register-migration/d; s/.*nginx: master process .* -c  *\\([^ ]*\\).*/\\1/p' | head -n 1)
      [ -n "$file" ] || file=$(docker exec "$c" nginx -V 2>&1 | tr ' ' '\\n' | sed -n 's/^--conf-path=//p')
      [ -n "$file" ] || file=/etc/nginx/nginx.conf
      """;

  /** Finds its master process, or several while it is replaced; can have it read its files. */
  private static final String MASTER =
      """
      master=$(docker top "$c" -eo pid,args 2>/dev/null | sed -n '/register-migration/d; s/^ *\\([0-9]*\\) .*nginx: master process.*/\\1/p')
      one_master() { case $master in '' | *[!0-9]*) return 1 ;; esac; }
      signal() { one_master && grep -aq '^nginx: master' "/proc/$master/cmdline" && as_root kill -HUP "$master"; }
      read_files() { signal 2>/dev/null || reload_inside; }
      """;

  /** Has nginx read its files, sees new workers begin, and waits for the old ones, or ends them. */
  private static final String REPLACE_WORKERS =
      """
      one_master || { echo "expected one nginx master process in $c, found:" ${master:-none}; exit 1; }
      workers() {
        local pid
        for pid in $(sed -n "s/^\\([0-9]*\\) ([^)]*) [^Z] $master .*/\\1/p" /proc/[0-9]*/stat 2>/dev/null); do
          if grep -aq '^nginx: worker process' "/proc/$pid/cmdline" 2>/dev/null; then echo "$pid"; fi
        done
      }
      old=" $(workers | tr '\\n' ' ')"
      left() { local pid; for pid in $(workers); do case $old in *" $pid "*) echo "$pid" ;; esac; done; }
      begun() { local pid; for pid in $(workers); do case $old in *" $pid "*) ;; *) return 0 ;; esac; done; return 1; }
      read_files || exit 1
      until=$((SECONDS + 10))
      until begun; do
        [ $SECONDS -lt $until ] || { echo 'nginx has begun no new worker: it did not take its files'; exit 3; }
        sleep 0.05
      done
      until=$((SECONDS + 10))
      while [ -n "$(left)" ] && [ $SECONDS -lt $until ]; do sleep 0.1; done
      [ -z "$(left)" ] || as_root kill -TERM $(left)
      until=$((SECONDS + 5))
      while [ -n "$(left)" ] && [ $SECONDS -lt $until ]; do sleep 0.1; done
      [ -z "$(left)" ] || { echo "old workers of nginx refuse to end, killed or not:" $(left); exit 4; }
      """;

  private static final String STATE =
      """
      state=$(docker inspect -f '{{.Id}} {{.State.Running}} {{.State.StartedAt}} {{.State.FinishedAt}}' "$c") || exit 1
      boot=$(cat /proc/sys/kernel/random/boot_id)
      up=$(sed 's/[. ].*//' /proc/uptime)
      """;

  /**
   * Nothing is compared that the machine's clock says: after a reboot it may stand in the past. The
   * same start of the same container in the same boot, and ages of processes in it, tell.
   */
  private static final String MAY_HAVE_READ =
      STATE
          + """
          set -- $state $mark
          [ $# = 10 ] || { echo "the note of when that was is not whole"; exit; }
          [ "$9" = "$boot" ] || { echo "the machine was started again"; exit; }
          [ "$1 $3" = "$5 $7" ] || { echo "started $3"; exit; }
          [ "$2 $4" != "false $8" ] || [ "$6" = true ] || exit 0
          if [ "$2" != true ]; then echo "ended $4"; exit; fi
          youngest=$(docker top "$c" -eo pid,etimes,args 2>/dev/null | sed -n '/register-migration/d; s/^ *[0-9]* *\\([0-9]*\\) *nginx:.*/\\1/p' | sort -n | head -n 1)
          [ -n "$youngest" ] || { echo "no process of nginx is seen"; exit 0; }
          age=$((up - ${10}))
          [ "$youngest" -gt "$((age + 1))" ] || echo "a process of it is $youngest s old, the change $age s"
          """;

  private final Shell shell;
  private final Layout layout;

  public NginxContainer(Shell shell, Layout layout) {
    this.shell = shell;
    this.layout = layout;
  }

  /** The main file, as the container sees it. */
  public String mainFile() {
    return shell
        .run(Command.look("find nginx's main file", container() + MAIN_FILE + "echo \"$file\"\n"))
        .orFail("see that the proxy's container runs, then retry");
  }

  /** A script that prints the configuration that nginx works by, all of its files. */
  public static String dump(Layout layout) {
    return container(layout)
        + MAIN_FILE
        + "docker exec -i \"$c\" nginx -T -c \"$file\" 2>/dev/null\n";
  }

  /** What {@link #dump} prints. */
  public String configuration() {
    return shell
        .run(
            Command.look("read the configuration that nginx runs with", dump(layout))
                .within(Duration.ofSeconds(30)))
        .orFail("run nginx -t in the proxy's container and correct what it says");
  }

  /**
   * Where the container sees a file of nginx's directory: below /app/conf, as the vendor mounts.
   */
  public static String inside(Layout layout, String path) {
    return "/app/conf" + path.substring(layout.nginxConfDirectory().length());
  }

  /**
   * Has nginx read its files anew. That it then serves by them is proven by a request only: nothing
   * is said when they do not fit it (field guide 3.11). Its master process is sent the signal
   * itself: a {@code docker exec} costs clients of the cold window a third of a second, and is for
   * users who may not send it, for a docker that does not show its processes, and for an nginx that
   * is being replaced by another.
   */
  public void reload() {
    shell
        .run(Command.change("let nginx read its files anew", master() + "read_files\n"))
        .orFail(
            "see that "
                + layout.nginxContainer()
                + " runs, and what `nginx -t` says in it; correct that, then retry");
  }

  /** What nginx says of its files as they are now ({@code nginx -t}); empty when it takes them. */
  public String complaint() {
    CommandResult tested =
        shell.run(
            Command.look(
                "see whether nginx takes its files",
                container() + MAIN_FILE + "docker exec \"$c\" nginx -t -c \"$file\" 2>&1\n"));
    return tested.succeeded() ? "" : (tested.output() + tested.errors()).strip();
  }

  /**
   * As {@link #reload}, and when it returns no process works by the files of before: new workers
   * have begun, so it has taken them, and the old ones, which finish what they are at, have ended.
   */
  public void replaceWorkers() {
    shell
        .run(
            Command.change(
                    "let nginx read its files anew, and wait for its old workers to end",
                    master() + REPLACE_WORKERS)
                .within(Duration.ofSeconds(40)))
        .orFail(
            "see what `nginx -t` in the proxy's container and its error log say, correct that, or end"
                + " the workers that are named, then retry");
  }

  /**
   * Waits for the workers that finish what came to them before nginx read its files anew.
   *
   * @return whether all of them have ended in that time
   */
  public boolean awaitOldWorkers(Duration atMost) {
    return shell
        .run(
            Command.look(
                    "wait for nginx's old workers to end",
                    container()
                        + "left() { docker top \"$c\" -eo pid,args 2>/dev/null"
                        + " | grep -q 'nginx: worker process is shutting down'; }\n"
                        + "until=$((SECONDS + "
                        + atMost.toSeconds()
                        + "))\nwhile left && [ $SECONDS -lt $until ]; do sleep 0.1; done\n"
                        + "! left || echo left\n")
                .within(atMost.plusSeconds(20)))
        .orFail("see that docker runs, then retry")
        .isEmpty();
  }

  /**
   * Notes how nginx runs at this moment, for {@link #mayHaveReadSince} to compare with: which start
   * of which container, in which boot of the machine, and how long that has been up. One command,
   * since clients of the cold window wait for it.
   */
  public void noteMark(Notes notes, String name) {
    shell
        .run(
            Command.change(
                "note how nginx runs before its file leads to dest",
                container()
                    + notes.directory()
                    + STATE
                    + """
                    umask 077
                    note="$work"/%s
                    mkdir -p "$work" && echo "$state $boot $up" >"$note.new" && sync -- "$note.new" && mv "$note.new" "$note" && sync -- "$work"
                    """
                        .formatted(Quote.sh(name))))
        .orFail("see that docker runs and that HOME can be written, then retry");
  }

  /**
   * Whether nginx may have read its files since {@link #noteMark}: the machine, the container or
   * any process of it has been started since, or the container has ended since. In doubt it may:
   * within the same second, or where no process of it is seen although the container runs.
   *
   * @param mark what was noted
   */
  public boolean mayHaveReadSince(String mark) {
    String said =
        shell
            .run(
                Command.look(
                    "see whether nginx may have read its files since they were changed",
                    container() + "mark=" + Quote.sh(mark) + "\n" + MAY_HAVE_READ))
            .orFail("see that docker runs, then retry");
    return !said.isEmpty();
  }

  private String master() {
    return container()
        + "reload_inside() {\n"
        + MAIN_FILE
        + "docker exec \"$c\" nginx -s reload -c \"$file\" 2>&1\n}\n"
        + MASTER;
  }

  private String container() {
    return container(layout);
  }

  private static String container(Layout layout) {
    return "set -u\nc=" + Quote.sh(layout.nginxContainer()) + "\n";
  }
}
