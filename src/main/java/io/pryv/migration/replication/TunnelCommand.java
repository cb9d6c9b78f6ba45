package io.pryv.migration.replication;

import io.pryv.migration.machine.Quote;
import io.pryv.migration.platform.Machine;

/** The commands that run inside the Redis container at the tunnel's near end. */
final class TunnelCommand {

  /**
   * Where the running tunnel writes its process id and what ssh said: in memory, so that nothing of
   * it outlives the container's processes, not even across its restart.
   */
  private static final String STATE = "/dev/shm/";

  private TunnelCommand() {}

  /**
   * ssh with every file named: the user of the container may have no home, and no prompt may ever
   * wait for an answer (field guide 3.10).
   */
  static String ssh(TunnelPlace place, Machine far) {
    return "ssh -F /dev/null -p "
        + far.port()
        + " -i "
        + Quote.sh(place.inContainer())
        + " -o BatchMode=yes -o IdentitiesOnly=yes -o StrictHostKeyChecking=yes"
        + " -o ConnectTimeout=10 -o GlobalKnownHostsFile=/dev/null -o UserKnownHostsFile="
        + Quote.sh(place.knownHostsInContainer());
  }

  /** Where the process id of the supervising loop is, inside the container. */
  static String pidFile(String migration) {
    return STATE + TunnelPlace.name(migration) + ".pid";
  }

  /** Where the last words of ssh are, inside the container. */
  static String logFile(String migration) {
    return STATE + TunnelPlace.name(migration) + ".log";
  }

  /**
   * The supervising loop: opens the tunnel again a second after it broke, until it is told to end.
   * A second loop finds the first one's process id and goes. Where the far Redis is, is asked for
   * each time unless it is published.
   */
  static String supervisor(TunnelPlace place, TunnelEnds ends, String migration) {
    Machine far = ends.far().machine();
    String login = Quote.sh(far.user() + "@" + far.publicAddress());
    String ssh = ssh(place, far);
    String log = Quote.sh(logFile(migration));
    return """
        pid=%s
        set -C
        if ! echo $$ 2>/dev/null >"$pid"; then
          other=$(cat "$pid")
          if grep -aqF %s "/proc/$other/cmdline" 2>/dev/null; then exit 0; fi
          rm -f "$pid"
          echo $$ >"$pid" || exit 0
        fi
        tunnel=
        trap '[ -z "$tunnel" ] || { kill $tunnel; wait $tunnel; }; rm -f "$pid" %s; exit 0' TERM INT HUP
        while :; do
          %s
          if [ $# -gt 0 ]; then
            %s -N -n -o ExitOnForwardFailure=yes -o ServerAliveInterval=5 -o ServerAliveCountMax=3 \\
              -L "127.0.0.1:%d:$1:%d" %s >|%s 2>&1 &
            tunnel=$!
            wait $tunnel
            tunnel=
          fi
          sleep 1 &
          wait $!
        done
        """
        .formatted(
            Quote.sh(pidFile(migration)),
            Quote.sh(TunnelPlace.name(migration)),
            log,
            ends.published()
                ? "set -- 127.0.0.1"
                : "set -- $(%s -n %s 2>|%s | %s)"
                    .formatted(ssh, login, log, TunnelEnds.addressInAnswer()),
            ssh,
            ends.ports().near(),
            ends.ports().far(),
            login,
            log);
  }

  /** Prints what {@link TunnelState#parse} reads; both Redis are asked at once, 3 s at most. */
  static String look(String migration, TunnelPorts ports) {
    return """
        pid=$(cat %s 2>/dev/null)
        if [ -n "$pid" ] && grep -aqF %s "/proc/$pid/cmdline" 2>/dev/null; then echo "supervisor:$pid"; fi
        for tool in ssh redis-cli timeout; do command -v $tool >/dev/null || echo "missing:$tool"; done
        timeout 3 redis-cli -h 127.0.0.1 -p %d INFO server 2>/dev/null | sed -n 's/^run_id:/far_run_id:/p' &
        timeout 3 redis-cli -h 127.0.0.1 -p %d INFO replication 2>/dev/null
        wait
        sed 's/^/said:/' %s 2>/dev/null | tail -n 3
        true
        """
        .formatted(
            Quote.sh(pidFile(migration)),
            Quote.sh(TunnelPlace.name(migration)),
            ports.near(),
            ports.own(),
            Quote.sh(logFile(migration)));
  }

  /** Ends the loop and its ssh, and waits until both are gone. */
  static String end(String migration) {
    return """
        pid=$(cat %s 2>/dev/null) || exit 0
        grep -aqF %s "/proc/$pid/cmdline" 2>/dev/null || { rm -f %s %s; exit 0; }
        kill "$pid"
        for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
          [ -e "/proc/$pid" ] || exit 0
          sleep 0.25
        done
        echo "process $pid is still there" >&2
        exit 1
        """
        .formatted(
            Quote.sh(pidFile(migration)),
            Quote.sh(TunnelPlace.name(migration)),
            Quote.sh(pidFile(migration)),
            Quote.sh(logFile(migration)));
  }
}
