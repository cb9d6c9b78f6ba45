package io.pryv.migration.replication;

import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.CommandResult;
import io.pryv.migration.machine.Hands;
import io.pryv.migration.machine.Quote;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import java.time.Duration;

/**
 * The tunnel from source's Redis container to dest's Redis (procedure, step 5), kept open by a loop
 * inside the container. It dies with its container (field guide 3.4), so it is opened after the
 * boot, and {@link #open} is safe to call at any time.
 */
final class Tunnel {

  /** Trouble must be known within 10 s, a machine that does not answer any more included. */
  private static final Duration LONGEST_LOOK = Duration.ofSeconds(5);

  private final Shell onSource;
  private final Register source;
  private final Machine dest;
  private final String migration;
  private final TunnelPorts ports;

  Tunnel(Hands hands, Register source, Register dest, String migration) {
    this(hands, source, dest, migration, TunnelPorts.PROCEDURE);
  }

  Tunnel(Hands hands, Register source, Register dest, String migration, TunnelPorts ports) {
    this.onSource = hands.on(source.machine());
    this.source = source;
    this.dest = dest.machine();
    this.migration = migration;
    this.ports = ports;
  }

  /** The port by which source's Redis reaches dest's. */
  int port() {
    return ports.near();
  }

  TunnelState look() {
    CommandResult result =
        onSource.run(
            Command.look(
                    "look at the tunnel and the replication of source",
                    inContainer("", TunnelCommand.look(migration, ports)))
                .within(LONGEST_LOOK));
    return TunnelState.parse(
        result.orFail(
            "see that the container "
                + container()
                + " runs on source (`docker ps`), start it with "
                + source.layout().startScript()
                + " if not, then retry"));
  }

  /**
   * Launches the loop unless one runs.
   *
   * @return whether it had to be launched
   */
  boolean launch() {
    TunnelState state = look();
    if (state.supervised()) {
      return false;
    }
    requireTools(state);
    TunnelPlace place = TunnelPlace.find(onSource, source, migration);
    onSource
        .run(
            Command.change(
                "open the tunnel from source's Redis to dest's",
                inContainer(
                    "-d -u " + Quote.sh(TunnelKey.uid(source.layout().dataOwner())),
                    TunnelCommand.supervisor(place, dest, migration, ports))))
        .orFail("see that the container " + container() + " runs on source, then retry");
    return true;
  }

  /**
   * Opens the tunnel unless it is open, and proves that dest's Redis is at its far end.
   *
   * @param runId of dest's Redis
   * @return whether it had to be opened
   */
  boolean open(String runId, Duration patience) {
    boolean launched = launch();
    TunnelState[] last = new TunnelState[1];
    boolean open =
        Wait.until(
            patience,
            () -> {
              last[0] = look();
              return last[0].open();
            });
    if (!open) {
      throw new StepFailure(
          source.machine().name(),
          "tunnel inside " + container() + " to " + dest.publicAddress(),
          "dest's Redis answers on 127.0.0.1:"
              + ports.near()
              + " within "
              + patience.toSeconds()
              + " s",
          last[0].said().isEmpty() ? "no answer" : "no answer; ssh says: " + last[0].said(),
          "see that dest's Redis is published on its 127.0.0.1:"
              + ports.far()
              + " and that dest's sshd accepts the tunnel's key, then retry");
    }
    if (!last[0].farRunId().equals(runId)) {
      throw new StepFailure(
          source.machine().name(),
          "127.0.0.1:" + ports.near() + " inside " + container(),
          "the Redis of dest, run_id " + runId,
          "another Redis, run_id " + last[0].farRunId(),
          "see what publishes 127.0.0.1:" + ports.far() + " on dest, then retry");
    }
    return launched;
  }

  /**
   * Ends the loop and its ssh, if the container runs; a stopped one holds nothing of them.
   *
   * @return whether anything ran
   */
  boolean close() {
    CommandResult running =
        onSource.run(
            Command.look(
                "see whether source's Redis container runs",
                "docker inspect -f '{{.State.Running}}' " + Quote.sh(container())));
    if (!running.succeeded() || !running.output().strip().equals("true") || !look().supervised()) {
      return false;
    }
    onSource
        .run(
            Command.change(
                "close the tunnel from source's Redis to dest's",
                inContainer("", TunnelCommand.end(migration))))
        .orFail("end the process in the container " + container() + ", then retry");
    return true;
  }

  private void requireTools(TunnelState state) {
    if (!state.missing().isEmpty()) {
      throw new StepFailure(
          source.machine().name(),
          "container " + container(),
          "ssh, redis-cli and timeout inside it",
          "no " + String.join(", no ", state.missing()),
          "the tunnel is opened inside the Redis container, as the procedure has it: use an image"
              + " of redis that has them, then retry");
    }
  }

  private String inContainer(String options, String script) {
    return "docker exec %s %s sh -c %s </dev/null"
        .formatted(options, Quote.sh(container()), Quote.sh(script));
  }

  private String container() {
    return source.layout().redisContainer();
  }
}
