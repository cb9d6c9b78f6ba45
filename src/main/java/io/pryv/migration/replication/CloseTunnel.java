package io.pryv.migration.replication;

import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.Hands;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.StepFailure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Ends the tunnel, and proves that nothing of it runs on either side. */
final class CloseTunnel {

  private final Hands hands;
  private final Machine dest;
  private final Tunnel tunnel;
  private final TunnelKey key;
  private final Duration patience;

  /**
   * A way to close it.
   *
   * @param patience how long dest's sshd may take to notice
   */
  CloseTunnel(Hands hands, Machine dest, Tunnel tunnel, TunnelKey key, Duration patience) {
    this.hands = hands;
    this.dest = dest;
    this.tunnel = tunnel;
    this.key = key;
    this.patience = patience;
  }

  /**
   * Closes it.
   *
   * @return whether anything was left to close
   */
  boolean close() {
    boolean closed = tunnel.close();
    proveNoSession();
    return closed;
  }

  private void proveNoSession() {
    List<String> sources = key.nearAddresses();
    List<String> left = new ArrayList<>();
    boolean gone =
        Wait.until(
            patience,
            () -> {
              left.clear();
              left.addAll(SshSessions.parse(look()).ofTunnel(sources, key.redisPort()));
              return left.isEmpty();
            });
    if (!gone) {
      throw new StepFailure(
          dest.name(),
          "ss -tnp",
          "no ssh session of the tunnel's key",
          String.join("; ", left),
          "end that sshd process on dest (`kill PID`), then retry");
    }
  }

  private String look() {
    return hands
        .on(dest)
        .run(
            Command.look(
                "look for the tunnel's session on dest",
                """
                echo "us $SSH_CONNECTION"
                sockets=$(as_root ss -Htnp state established) || exit 1
                printf '%s\\n' "$sockets" | sed 's/^/ss /'
                ps -eo pid=,args= | grep '[s]shd' | sed 's/^ */ps /'
                true
                """))
        .orFail("see that `ss` is on dest and that the user may run it as root, then retry");
  }
}
