package io.pryv.migration.machine;

import io.pryv.migration.platform.Layout;
import java.time.Duration;

/** The proxy of a register, as it runs in its container. */
public final class NginxContainer {

  /** Sets {@code file} to the main file that nginx was started with, or its built-in one. */
  private static final String MAIN_FILE =
      """
      file=$(docker top "$c" -eo pid,args 2>/dev/null | sed -n 's/.*nginx: master process .* -c  *\\([^ ]*\\).*/\\1/p' | head -n 1)
      [ -n "$file" ] || file=$(docker exec "$c" nginx -V 2>&1 | tr ' ' '\\n' | sed -n 's/^--conf-path=//p')
      [ -n "$file" ] || file=/etc/nginx/nginx.conf
      """;

  /** Finds its master process, or several while it is replaced; can have it read its files. */
  private static final String MASTER =
      """
      as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }
      master=$(docker top "$c" -eo pid,args 2>/dev/null | sed -n 's/^ *\\([0-9]*\\) .*nginx: master process.*/\\1/p')
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

  private static final String MAY_HAVE_READ =
      """
      set -- $(docker inspect -f '{{.State.Running}} {{.State.StartedAt}} {{.State.FinishedAt}}' "$c")
      [ $# = 3 ] || exit 1
      since() { case $1 in 0001-*) return 1 ;; esac; [ "$(date -d "$1" +%s%N)" -ge "$changed" ]; }
      if since "$2"; then echo "started $2"; exit; fi
      if [ "$1" != true ]; then if since "$3"; then echo "ended $3"; fi; exit 0; fi
      youngest=$(docker top "$c" -eo pid,etimes,args 2>/dev/null | sed -n 's/^ *[0-9]* *\\([0-9]*\\) *nginx:.*/\\1/p' | sort -n | head -n 1)
      [ -n "$youngest" ] || { echo "no process of nginx is seen"; exit 0; }
      age=$(($(date +%s) - changed / 1000000000))
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

  /**
   * Where the container sees a file of nginx's directory: below /app/conf, as the vendor mounts.
   */
  public String inside(String path) {
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
   * Whether nginx may have read a file since that was last changed: its container, or any process
   * of it, has been started since, or the container has ended since. In doubt it may: within the
   * same second, or where no process of it is seen although the container runs.
   */
  public boolean mayHaveReadSince(String path) {
    return mayHaveReadSince(path, changedAt(path));
  }

  /** When a file was last changed, in nanoseconds since the epoch. */
  public String changedAt(String path) {
    return shell
        .run(
            Command.look(
                "see when " + path + " was changed", "date -r " + Quote.sh(path) + " +%s%N"))
        .orFail("see that the file is there, then retry")
        .strip();
  }

  /** As {@link #mayHaveReadSince(String)}, of a change that {@link #changedAt} told. */
  public boolean mayHaveReadSince(String path, String changedAt) {
    String said =
        shell
            .run(
                Command.look(
                    "see whether nginx may have read " + path + " since it was changed",
                    container() + "changed=" + Quote.sh(changedAt) + "\n" + MAY_HAVE_READ))
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
    return "set -u\nc=" + Quote.sh(layout.nginxContainer()) + "\n";
  }
}
