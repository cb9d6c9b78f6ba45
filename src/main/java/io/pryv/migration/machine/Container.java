package io.pryv.migration.machine;

import java.time.Instant;
import java.util.List;

/**
 * What docker says of one container.
 *
 * @param name without the leading slash
 * @param service the compose service it belongs to
 * @param status such as {@code running}, {@code exited}, {@code created}, {@code restarting}
 * @param exitCode of its last run; 137 when it had to be killed
 * @param restartPolicy such as {@code always} or {@code no}
 * @param startedAt of its last run
 */
public record Container(
    String name,
    String service,
    String status,
    int exitCode,
    String restartPolicy,
    Instant startedAt) {

  /** The exit code of a process that was killed: {@code docker stop} gives up after ten seconds. */
  public static final int KILLED = 137;

  static final String FORMAT =
      "{{.Name}}|{{index .Config.Labels \"com.docker.compose.service\"}}|{{.State.Status}}"
          + "|{{.State.ExitCode}}|{{.HostConfig.RestartPolicy.Name}}|{{.State.StartedAt}}";

  /** Whether its process runs, or is about to be started again by docker. */
  public boolean up() {
    return status.equals("running") || status.equals("restarting") || status.equals("paused");
  }

  /** Whether its process runs right now. */
  public boolean running() {
    return status.equals("running");
  }

  static List<Container> parse(String inspected) {
    return inspected.lines().filter(line -> !line.isBlank()).map(Container::ofLine).toList();
  }

  private static Container ofLine(String line) {
    String[] parts = line.strip().split("\\|", -1);
    if (parts.length != 6) {
      throw new IllegalArgumentException("not a line of docker inspect: " + line);
    }
    return new Container(
        parts[0].replaceFirst("^/", ""),
        parts[1],
        parts[2],
        Integer.parseInt(parts[3]),
        parts[4].isEmpty() ? "no" : parts[4],
        Instant.parse(parts[5]));
  }
}
