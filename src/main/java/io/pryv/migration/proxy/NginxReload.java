package io.pryv.migration.proxy;

import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.Quote;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.platform.Register;
import java.time.Duration;

/**
 * Makes a running nginx read its files anew, and proves that it did: {@code nginx -s reload} says
 * nothing of a configuration that is then refused (field guide 3.11), new worker processes do. The
 * old workers finish what they are at, by the old configuration, so they are waited for.
 */
final class NginxReload {

  private static final String SCRIPT =
      """
      set -u
      as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }
      master=$(docker top "$container" -eo pid,args 2>/dev/null | sed -n 's/^ *\\([0-9]*\\) .*nginx: master process.*/\\1/p' | head -n 1)
      [ -n "$master" ] || { echo "no nginx master process in $container"; exit 1; }
      workers() {
        local pid
        for pid in $(sed -n "s/^\\([0-9]*\\) (nginx) [^Z] $master .*/\\1/p" /proc/[0-9]*/stat 2>/dev/null); do
          if grep -aq '^nginx: worker process' "/proc/$pid/cmdline" 2>/dev/null; then echo "$pid"; fi
        done
      }
      old=$(workers)
      as_root kill -HUP "$master" || exit 1
      left() { local pid; for pid in $(workers); do if printf '%s\\n' "$old" | grep -qx "$pid"; then echo "$pid"; fi; done; }
      begun() { local pid; for pid in $(workers); do printf '%s\\n' "$old" | grep -qx "$pid" || return 0; done; return 1; }
      tries=100
      until begun; do
        [ $((tries -= 1)) -gt 0 ] || { echo 'nginx has begun no new worker: it did not take its files'; exit 3; }
        sleep 0.05
      done
      tries=100
      while [ -n "$(left)" ] && [ $((tries -= 1)) -gt 0 ]; do sleep 0.1; done
      [ -z "$(left)" ] || as_root kill -TERM $(left)
      tries=50
      while [ -n "$(left)" ] && [ $((tries -= 1)) -gt 0 ]; do sleep 0.1; done
      [ -z "$(left)" ] || { echo "old workers are still there:" $(left); exit 4; }
      """;

  private final Register register;
  private final Shell shell;

  NginxReload(Register register, Shell shell) {
    this.register = register;
    this.shell = shell;
  }

  /** Reloads; when it returns, no process works by the files of before. */
  void reload() {
    shell
        .run(
            Command.change(
                    "let nginx read its files anew, and wait for its old workers to end",
                    "container=" + Quote.sh(register.layout().nginxContainer()) + "\n" + SCRIPT)
                .within(Duration.ofSeconds(40)))
        .orFail("see nginx's error log on " + register.machine().name() + ", then retry");
  }
}
