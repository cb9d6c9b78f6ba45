package io.pryv.migration.services;

import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.Container;
import io.pryv.migration.machine.Containers;
import io.pryv.migration.machine.Quote;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * "Deploy and launch services on the destination machine": starts what does not run, and proves by
 * containers, by HTTP, DNS and Redis, and by the logs that it serves.
 */
final class Launch {

  private static final Duration DEADLINE = Duration.ofMinutes(2);

  /** Long enough for a service that dies at its start to have died and been started again. */
  private static final Duration SETTLING = Duration.ofSeconds(2);

  private final Register register;
  private final Shell shell;
  private final Containers containers;
  private final SignsOfLife signs;

  Launch(Register register, Shell shell, Containers containers, SignsOfLife signs) {
    this.register = register;
    this.shell = shell;
    this.containers = containers;
    this.signs = signs;
  }

  /**
   * What the launch left.
   *
   * @param alreadyUp nothing had to be started
   * @param containers as they are now
   * @param answered how long each sign of life took
   * @param logTails the last lines of the logs of register and dns
   */
  record Launched(
      boolean alreadyUp,
      List<Container> containers,
      Map<String, Duration> answered,
      String logTails) {

    String markdown() {
      return "| container | status | restart |\n|---|---|---|\n"
          + containers.stream()
              .map(c -> "| %s | %s | %s |%n".formatted(c.name(), c.status(), c.restartPolicy()))
              .collect(Collectors.joining())
          + "\n| answers | after |\n|---|---|\n"
          + answered.entrySet().stream()
              .map(e -> "| %s | %d ms |%n".formatted(e.getKey(), e.getValue().toMillis()))
              .collect(Collectors.joining())
          + "\n```\n"
          + logTails
          + "\n```\n";
    }
  }

  /** Launches if needed, and proves. */
  Launched launch() {
    List<String> declared = containers.declaredServices();
    boolean alreadyUp = missing(declared, containers.look()).isEmpty();
    Map<String, Duration> answered =
        Readiness.after(
            alreadyUp ? () -> {} : containers::start,
            register.machine().name(),
            signs.of(register),
            DEADLINE);
    String logs = logsAfterSettling();
    List<Container> now = containers.look();
    List<String> missing = missing(declared, now);
    if (!missing.isEmpty()) {
      throw new StepFailure(
          register.machine().name(),
          register.layout().composeFile(),
          "every service of it running",
          "not running: " + String.join(", ", missing) + " (" + Containers.describe(now) + ")",
          "look at the log of that container, correct its configuration, then retry");
    }
    return new Launched(alreadyUp, now, answered, logs);
  }

  private static List<String> missing(List<String> declared, List<Container> containers) {
    List<String> running =
        containers.stream().filter(Container::running).map(Container::service).toList();
    return declared.stream().filter(service -> !running.contains(service)).toList();
  }

  private String logsAfterSettling() {
    List<String> names =
        List.of(register.layout().registerContainer(), register.layout().dnsContainer());
    String output =
        shell
            .run(
                Command.look(
                    "read the logs of register and dns",
                    """
                    since=$(date -u +%%Y-%%m-%%dT%%H:%%M:%%S.%%NZ)
                    sleep %d
                    for name in %s; do docker logs --since "$since" "$name" 2>&1 | tail -n 200 || exit 1; done
                    echo '== tails'
                    for name in %s; do echo "$name:"; docker logs --tail 5 "$name" 2>&1 || exit 1; done
                    """
                        .formatted(SETTLING.toSeconds(), words(names), words(names))))
            .orFail("see that `docker logs` works for these containers, then retry");
    int tails = output.indexOf("== tails");
    List<String> crashes = ServiceLog.crashes(output.substring(0, tails));
    if (!crashes.isEmpty()) {
      throw new StepFailure(
          register.machine().name(),
          "docker logs of " + String.join(" and ", names),
          "no sign of a crash while they serve",
          String.join("\n", crashes),
          "these services die and are started again although `docker ps` says Up: find out why,"
              + " then retry");
    }
    return output.substring(tails + "== tails".length()).strip();
  }

  private static String words(List<String> names) {
    return names.stream().map(Quote::sh).collect(Collectors.joining(" "));
  }
}
