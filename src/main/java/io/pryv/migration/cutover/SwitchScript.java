package io.pryv.migration.cutover;

import io.pryv.migration.machine.Quote;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.Register;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * The text of the script that makes the switch, {@code switch.bash}, for one migration.
 *
 * @param key path, on source, of the key that reaches dest's Redis and nothing else; the hosts it
 *     trusts are beside it, as {@code .known_hosts}
 * @param stagedSite path, on source, of the site file that takes the place of the present one
 * @param hold directory, in nginx's container, of what registrations wait in; empty when none waits
 * @param registerPort at which nginx reaches source's register
 * @param followHost at which source's Redis, inside its container, finds dest's
 * @param sourcePort of Redis inside its container
 * @param destPort of Redis on dest's loopback
 */
record SwitchScript(
    Register source,
    Register dest,
    String migration,
    String key,
    String stagedSite,
    String hold,
    int registerPort,
    String followHost,
    int followPort,
    int sourcePort,
    int destPort) {

  /** Where the procedure's tunnel makes dest's Redis reachable for source's. */
  private static final String FOLLOW_HOST = "127.0.0.1";

  private static final int FOLLOW_PORT = 4567;
  private static final int REDIS_PORT = 6379;
  private static final String TEXT = read();

  /** With the ports that the procedure has. */
  SwitchScript(
      Register source,
      Register dest,
      String migration,
      String key,
      String stagedSite,
      String hold,
      int registerPort) {
    this(
        source,
        dest,
        migration,
        key,
        stagedSite,
        hold,
        registerPort,
        FOLLOW_HOST,
        FOLLOW_PORT,
        REDIS_PORT,
        REDIS_PORT);
  }

  /** Sets the shell variable {@code state}: the directory of what must outlive the script. */
  static String state(String migration) {
    return "state=\"$HOME/.register-migration/\"" + Quote.sh(migration) + "/switch-state\n";
  }

  /**
   * The switch itself.
   *
   * @param sourceRunId run_id of the Redis that is meant, as both are
   */
  String switching(String sourceRunId, String destRunId) {
    return text("switch", sourceRunId, destRunId);
  }

  /** Only how long the switch would hold the clients; nothing is changed. */
  String measuring(String sourceRunId, String destRunId) {
    return text("measure", sourceRunId, destRunId);
  }

  /** Only settles what an earlier try has left, whichever Redis are there by now. */
  String settling() {
    return text("switch", "", "");
  }

  private String text(String mode, String sourceRunId, String destRunId) {
    Machine far = dest.machine();
    return state(migration)
        + """
        mode=%s
        source_container=%s source_port=%d source_run_id=%s dest_run_id=%s
        dest_ssh=(ssh -F /dev/null -p %d -i %s -o BatchMode=yes -o IdentitiesOnly=yes
          -o StrictHostKeyChecking=yes -o GlobalKnownHostsFile=/dev/null -o UserKnownHostsFile=%s
          -o ConnectTimeout=5 -o ServerAliveInterval=1 -o ServerAliveCountMax=3 %s)
        dest_redis=127.0.0.1:%d
        conf=$(readlink -f -- %s)
        site=$(readlink -f -- %s) site_new=%s
        nginx_container=%s
        hold=%s register_port=%d
        follow=(%s %d)
        """
            .formatted(
                mode,
                Quote.sh(source.layout().redisContainer()),
                sourcePort,
                Quote.sh(sourceRunId),
                Quote.sh(destRunId),
                far.port(),
                Quote.sh(key),
                Quote.sh(key + ".known_hosts"),
                Quote.sh(far.user() + "@" + far.publicAddress()),
                destPort,
                Quote.sh(source.layout().redisConfFile()),
                Quote.sh(source.layout().nginxSiteFile()),
                Quote.sh(stagedSite),
                Quote.sh(source.layout().nginxContainer()),
                Quote.sh(hold),
                registerPort,
                Quote.sh(followHost),
                followPort)
        + TEXT;
  }

  private static String read() {
    try (InputStream text = SwitchScript.class.getResourceAsStream("switch.bash")) {
      return new String(text.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
