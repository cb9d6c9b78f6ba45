package io.pryv.migration.proxy;

import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.HttpsProbe;
import io.pryv.migration.machine.Quote;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * That a client who still comes to source is served by dest, and rightly: a probe sent to source's
 * address with the platform's own host name is found, by its id, in dest's access log.
 */
final class ProxyProof {

  private static final Pattern RESERVED = Pattern.compile("\"reserved\"\\s*:\\s*true");

  private final Machine source;
  private final Register dest;
  private final Shell onDest;
  private final HttpsProbe https;
  private final String domain;

  ProxyProof(Machine source, Register dest, Shell onDest, HttpsProbe https, String domain) {
    this.source = source;
    this.dest = dest;
    this.onDest = onDest;
    this.https = https;
    this.domain = domain;
  }

  /**
   * Sends the probe and looks for it.
   *
   * @param probe an id that no other request has
   * @return the line of dest's access log
   */
  String prove(String probe) {
    String path = "/wactiv/check_username?probe=" + probe;
    HttpsProbe.Answer answer =
        https.get(source.publicAddress(), 443, "reg." + domain, path, Map.of());
    if (answer.status() != 200 || !RESERVED.matcher(answer.body()).find()) {
      throw new StepFailure(
          source.name(),
          "GET https://reg." + domain + path + " at " + source.publicAddress(),
          "status 200 and \"reserved\":true, from dest",
          "status " + answer.status() + ": " + answer.body().strip(),
          "look at the error log of nginx on source, then at dest's; dest is the writer now");
    }
    String line =
        onDest
            .run(
                Command.look(
                        "look for the probe in dest's access log",
                        """
                    probe=%s
                    for try in $(seq 30); do
                      %s | grep -F -- "$probe" | tail -n 1 | grep . && exit
                      sleep 0.1
                    done
                    true
                    """
                            .formatted(Quote.sh(probe), log()))
                    .asRoot())
            .orFail("see that dest's access log can be read, then retry");
    if (line.isEmpty()) {
      throw new StepFailure(
          dest.machine().name(),
          dest.layout().accessLog().isEmpty()
              ? "log of the container " + dest.layout().nginxContainer()
              : dest.layout().accessLog(),
          "the probe " + probe + ", sent to source's address",
          "no such line: source answered by itself, or the log is another one",
          "see what source's nginx does with the request; look at dest's access log");
    }
    return line;
  }

  private String log() {
    return dest.layout().accessLog().isEmpty()
        ? "docker logs --since 5m " + Quote.sh(dest.layout().nginxContainer()) + " 2>&1"
        : "tail -n 100000 -- " + Quote.sh(dest.layout().accessLog());
  }
}
