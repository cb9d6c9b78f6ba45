package io.pryv.migration.machine;

import io.pryv.migration.platform.Layout;
import java.time.Duration;

/** The proxy of a register, as it runs in its container. */
public final class NginxContainer {

  /** Prints the main file that nginx was started with, or its built-in one. */
  private static final String MAIN_FILE =
      """
      c=%s
      file=$(docker top "$c" -eo pid,args 2>/dev/null | sed -n 's/.*nginx: master process .* -c  *\\([^ ]*\\).*/\\1/p' | head -n 1)
      [ -n "$file" ] || file=$(docker exec "$c" nginx -V 2>&1 | tr ' ' '\\n' | sed -n 's/^--conf-path=//p')
      [ -n "$file" ] || file=/etc/nginx/nginx.conf
      echo "$file"
      """;

  /** Has nginx read its files, and sees new workers begin: then it has taken them. */
  private static final String READ_FILES =
      """
      set -u
      c=%s
      as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }
      master=$(docker top "$c" -eo pid,args 2>/dev/null | sed -n 's/^ *\\([0-9]*\\) .*nginx: master process.*/\\1/p' | head -n 1)
      [ -n "$master" ] || { echo "no nginx master process in $c"; exit 1; }
      workers() {
        local pid
        for pid in $(sed -n "s/^\\([0-9]*\\) (nginx) [^Z] $master .*/\\1/p" /proc/[0-9]*/stat 2>/dev/null); do
          if grep -aq '^nginx: worker process' "/proc/$pid/cmdline" 2>/dev/null; then echo "$pid"; fi
        done
      }
      old=$(workers)
      as_root kill -HUP "$master" || exit 1
      begun() { local pid; for pid in $(workers); do printf '%%s\\n' "$old" | grep -qx "$pid" || return 0; done; return 1; }
      tries=150
      until begun; do
        [ $((tries -= 1)) -gt 0 ] || { echo 'nginx has begun no new worker: it did not take its files'; exit 3; }
        sleep 0.02
      done
      """;

  /** Waits for the old workers to end, or ends them. */
  private static final String END_OLD_WORKERS =
      """
      left() { local pid; for pid in $(workers); do if printf '%s\\n' "$old" | grep -qx "$pid"; then echo "$pid"; fi; done; }
      tries=100
      while [ -n "$(left)" ] && [ $((tries -= 1)) -gt 0 ]; do sleep 0.1; done
      [ -z "$(left)" ] || as_root kill -TERM $(left)
      tries=50
      while [ -n "$(left)" ] && [ $((tries -= 1)) -gt 0 ]; do sleep 0.1; done
      [ -z "$(left)" ] || { echo "old workers are still there:" $(left); exit 4; }
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

  private static final String TEST_IT =
      "see what `nginx -t` in the proxy's container and its error log say, correct that, then retry";

  private final Shell shell;
  private final Layout layout;

  public NginxContainer(Shell shell, Layout layout) {
    this.shell = shell;
    this.layout = layout;
  }

  /** The main file, as the container sees it. */
  public String mainFile() {
    return shell
        .run(
            Command.look(
                "find nginx's main file", MAIN_FILE.formatted(Quote.sh(layout.nginxContainer()))))
        .orFail("see that the proxy's container runs, then retry");
  }

  /**
   * Where the container sees a file of nginx's directory: below /app/conf, as the vendor mounts.
   */
  public String inside(String path) {
    return "/app/conf" + path.substring(layout.nginxConfDirectory().length());
  }

  /**
   * Has nginx read its files anew and sees it take them: it begins new workers, which {@code nginx
   * -s reload} does not tell (field guide 3.11). Its master process is sent the signal itself: a
   * {@code docker exec} costs clients of the cold window a third of a second.
   */
  public void reload() {
    shell.run(Command.change("let nginx read its files anew", readFiles())).orFail(TEST_IT);
  }

  /**
   * As {@link #reload}, and when it returns no process works by the files of before: the old
   * workers, which finish what they are at, have ended.
   */
  public void replaceWorkers() {
    shell
        .run(
            Command.change(
                    "let nginx read its files anew, and wait for its old workers to end",
                    readFiles() + END_OLD_WORKERS)
                .within(Duration.ofSeconds(40)))
        .orFail(TEST_IT);
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
                    "c="
                        + Quote.sh(layout.nginxContainer())
                        + "\nchanged="
                        + Quote.sh(changedAt)
                        + "\n"
                        + MAY_HAVE_READ))
            .orFail("see that docker runs, then retry");
    return !said.isEmpty();
  }

  private String readFiles() {
    return READ_FILES.formatted(Quote.sh(layout.nginxContainer()));
  }
}
