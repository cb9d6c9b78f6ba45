package io.pryv.lab.faults;

import io.pryv.lab.faults.points.PointFiles.When;
import java.util.Arrays;
import java.util.Optional;

/** What goes wrong. */
enum Fault {
  KILLED_BEFORE("killed-before", "program killed before", When.BEFORE),
  KILLED_DURING("killed-during", "program killed during", When.DURING),
  KILLED_AFTER("killed-after", "program killed after", When.AFTER),
  SSH_CUT("ssh-cut", "ssh connection cut", When.DURING),
  UNREACHABLE("unreachable", "machine unreachable for 20 s", When.DURING),
  COMMAND_FAILS("command-fails", "the command fails twice", When.DURING),
  DISK_FULL("disk-full", "dest's disk full", When.BEFORE),
  CONTAINER_DIES("container-dies", "Redis' container dies", When.DURING),
  REBOOTED("source-rebooted", "source rebooted", When.DURING),
  POWER_CUT("source-power-cut", "source loses its power", When.DURING),
  DEST_POWER_CUT("dest-power-cut", "dest loses its power", When.DURING),
  DOCKER_RESTARTED("docker-restarted", "Docker daemon restarted", When.DURING),
  ROLLBACK("rollback", "rollback asked for", When.DURING),
  RETRY_TWICE("retry-twice", "retry pressed twice", When.DURING);

  /** On the command line and in file names. */
  final String id;

  final String words;

  /** At which point of the step. */
  final When when;

  Fault(String id, String words, When when) {
    this.id = id;
    this.words = words;
    this.when = when;
  }

  static Optional<Fault> named(String id) {
    return Arrays.stream(values()).filter(fault -> fault.id.equals(id)).findFirst();
  }

  /** The program dies. */
  boolean kills() {
    return this == KILLED_BEFORE || this == KILLED_DURING || this == KILLED_AFTER;
  }

  /** The machine that loses its power, if one does. */
  Optional<String> cuts() {
    return switch (this) {
      case POWER_CUT -> Optional.of(Lab.SOURCE);
      case DEST_POWER_CUT -> Optional.of(Lab.DEST);
      default -> Optional.empty();
    };
  }

  /** The step's own command ends with an error. */
  boolean failsCommand() {
    return this == COMMAND_FAILS || this == RETRY_TWICE;
  }
}
