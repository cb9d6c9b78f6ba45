package io.pryv.migration.replication;

import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.CommandResult;
import io.pryv.migration.machine.Hands;
import io.pryv.migration.machine.Quote;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import java.time.Duration;

/**
 * The tunnel from one register's Redis container to another's Redis (procedure, step 5: from
 * source's to dest's), kept open by a loop inside the container. It dies with its container (field
 * guide 3.4), so it is opened after the boot, and {@link #open} is safe to call at any time.
 */
final class Tunnel {

  /** Trouble must be known within 10 s, a machine that does not answer any more included. */
  private static final Duration LONGEST_LOOK = Duration.ofSeconds(5);

  private final Shell onNear;
  private final TunnelEnds ends;
  private final String migration;
  private final TunnelPorts ports;

  /** The procedure's: from source's to dest's. */
  Tunnel(Hands hands, Register source, Register dest, String migration) {
    this(hands, TunnelEnds.toDest(source, dest, TunnelPorts.PROCEDURE), migration);
  }

  Tunnel(Hands hands, TunnelEnds ends, String migration) {
    this.onNear = hands.on(ends.near().machine());
    this.ends = ends;
    this.migration = migration;
    this.ports = ends.ports();
  }

  TunnelEnds ends() {
    return ends;
  }

  /** The port by which the near Redis reaches the far one, on its container's loopback. */
  int port() {
    return ports.near();
  }

  TunnelState look() {
    CommandResult result =
        onNear.run(
            Command.look(
                    "look at the tunnel and the replication of " + ends.nearName(),
                    inContainer("", TunnelCommand.look(migration, ports)))
                .within(LONGEST_LOOK));
    return TunnelState.parse(
        result.orFail(
            "see that the container "
                + container()
                + " runs on "
                + ends.nearName()
                + " (`docker ps`), start it with "
                + ends.near().layout().startScript()
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
    TunnelPlace place = TunnelPlace.find(onNear, ends.near(), migration);
    onNear
        .run(
            Command.change(
                "open the tunnel from %s's Redis to %s's"
                    .formatted(ends.nearName(), ends.farName()),
                inContainer(
                    "-d -u " + Quote.sh(TunnelKey.uid(ends.near().layout().dataOwner())),
                    TunnelCommand.supervisor(place, ends, migration))))
        .orFail(
            "see that the container %s runs on %s, then retry"
                .formatted(container(), ends.nearName()));
    return true;
  }

  /**
   * Opens the tunnel unless it is open, and proves that the right Redis is at its far end.
   *
   * @param runId of the far Redis
   * @return whether it had to be opened
   */
  boolean open(String runId, Duration patience) {
    boolean launched = launch();
    TunnelState[] last = new TunnelState[1];
    // Each try of ssh begins its log anew.
    String[] said = {""};
    boolean open =
        Wait.until(
            patience,
            () -> {
              last[0] = look();
              said[0] = last[0].said().isEmpty() ? said[0] : last[0].said();
              return last[0].open();
            });
    if (!open) {
      throw new StepFailure(
          ends.nearName(),
          "tunnel inside " + container() + " to " + ends.far().machine().publicAddress(),
          ends.farName()
              + "'s Redis answers on 127.0.0.1:"
              + ports.near()
              + " within "
              + patience.toSeconds()
              + " s",
          said[0].isEmpty() ? "no answer" : "no answer; ssh says: " + said[0],
          "see that %s's %s and that its sshd accepts the tunnel's key, then retry"
              .formatted(
                  ends.farName(),
                  ends.published()
                      ? "Redis is published on its 127.0.0.1:" + ports.far()
                      : "container " + ends.far().layout().redisContainer() + " runs"));
    }
    if (!last[0].farRunId().equals(runId)) {
      throw new StepFailure(
          ends.nearName(),
          "127.0.0.1:" + ports.near() + " inside " + container(),
          "the Redis of " + ends.farName() + ", run_id " + runId,
          "another Redis, run_id " + last[0].farRunId(),
          "see what answers there on " + ends.farName() + ", then retry");
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
        onNear.run(
            Command.look(
                "see whether the Redis container of " + ends.nearName() + " runs",
                "docker inspect -f '{{.State.Running}}' " + Quote.sh(container())));
    if (!running.succeeded() || !running.output().strip().equals("true") || !look().supervised()) {
      return false;
    }
    onNear
        .run(
            Command.change(
                "close the tunnel from %s's Redis to %s's"
                    .formatted(ends.nearName(), ends.farName()),
                inContainer("", TunnelCommand.end(migration))))
        .orFail("end the process in the container " + container() + ", then retry");
    return true;
  }

  /** What the loop is made of is in the container. */
  void requireTools(TunnelState state) {
    if (!state.missing().isEmpty()) {
      throw new StepFailure(
          ends.nearName(),
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
    return ends.near().layout().redisContainer();
  }
}
