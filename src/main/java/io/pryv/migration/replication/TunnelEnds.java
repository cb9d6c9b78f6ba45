package io.pryv.migration.replication;

import io.pryv.migration.machine.AsRoot;
import io.pryv.migration.machine.Quote;
import io.pryv.migration.platform.Register;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Between which two registers a tunnel leads: it is opened inside the near one's Redis container,
 * and ends at the far one's Redis.
 *
 * @param published whether the far Redis is published on its machine's loopback; else it is reached
 *     at its container's address, which is asked for at each connect: nothing of a register that
 *     serves clients is touched to reach it, and the address is one for now (field guide 3.18)
 */
record TunnelEnds(Register near, Register far, boolean published, TunnelPorts ports) {

  /**
   * Before what the forced command answers: what a login shell's files print stands there, too
   * ({@code echo Welcome} in a ~/.bashrc).
   */
  private static final String MARK = "register-migration=";

  private static final Pattern ADDRESS = Pattern.compile("(?m)^" + MARK + "([0-9a-fA-F.:]+)");

  /** From source to dest, whose Redis the migration publishes (procedure, step 1). */
  static TunnelEnds toDest(Register source, Register dest, TunnelPorts ports) {
    return new TunnelEnds(source, dest, true, ports);
  }

  /** From dest to source, before the live cut-over. */
  static TunnelEnds toSource(Register source, Register dest, TunnelPorts ports) {
    return new TunnelEnds(dest, source, false, ports);
  }

  /** The command that the tunnel's key runs, whatever is asked for. */
  String forcedCommand() {
    return published
        ? "/bin/false"
        : AsRoot.forced(
            far.machine().user(),
            "docker inspect -f '"
                + MARK
                + "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}' "
                + Quote.sh(far.layout().redisContainer()));
  }

  /** What {@link #forcedCommand} ends with. */
  int forcedExit() {
    return published ? 1 : 0;
  }

  /** Takes, of what {@link #forcedCommand} gave on standard input, the first address. */
  static String addressInAnswer() {
    return "sed -n 's/^" + MARK + "\\([0-9a-fA-F.:]*\\).*$/\\1/p'";
  }

  /** The same, of the text; empty when there is none. */
  static String addressIn(String answer) {
    Matcher address = ADDRESS.matcher(answer);
    return address.find() ? address.group(1) : "";
  }

  String nearName() {
    return near.machine().name();
  }

  String farName() {
    return far.machine().name();
  }
}
