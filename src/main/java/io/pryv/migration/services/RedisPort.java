package io.pryv.migration.services;

import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.Container;
import io.pryv.migration.machine.Containers;
import io.pryv.migration.machine.Quote;
import io.pryv.migration.machine.RemoteFiles;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.machine.TextDiff;
import io.pryv.migration.machine.UnexpectedText;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Publishes dest's Redis to dest's own loopback, where the tunnel from source ends. It is done
 * before dest is launched, or it would cost a second outage (field guide 3.3). A container that is
 * there is made anew at once, with its services stopped; where there is none, the launch makes it.
 */
final class RedisPort {

  private final Register dest;
  private final Shell shell;
  private final RemoteFiles files;
  private final Containers containers;

  RedisPort(Register dest, Shell shell, RemoteFiles files, Containers containers) {
    this.dest = dest;
    this.shell = shell;
    this.files = files;
    this.containers = containers;
  }

  /**
   * Edits the compose file and makes the container anew, where there is one; proves both.
   *
   * @return the edit as a diff; empty when the port was published already
   */
  String publish() {
    String path = dest.layout().composeFile();
    String before = read(path);
    String after;
    try {
      after = ComposeFile.publishRedisOnLoopback(before);
    } catch (UnexpectedText e) {
      throw e.in(dest.machine().name(), path);
    }
    if (!after.equals(before)) {
      askCompose(after);
      files.write(path, after.getBytes(StandardCharsets.UTF_8), "644");
    }
    List<Container> there = containers.look();
    if (there.isEmpty()) {
      return TextDiff.unified(path, before, after);
    }
    if (!bound() || containers.halfMade()) {
      if (there.stream().anyMatch(Container::up)) {
        containers.holdDownAndStop();
      }
      containers.createHeldDown();
      if (!bound()) {
        throw new StepFailure(
            dest.machine().name(),
            "ports of " + dest.layout().redisContainer(),
            "6379 bound to 127.0.0.1",
            "no such binding after the container was made anew from " + path,
            "run `" + containers.compose() + " up --no-start` by hand and see what it says");
      }
    }
    return TextDiff.unified(path, before, after);
  }

  private String read(String path) {
    return files
        .read(path)
        .map(bytes -> new String(bytes, StandardCharsets.UTF_8))
        .orElseThrow(
            () ->
                new StepFailure(
                    dest.machine().name(),
                    path,
                    "the compose file",
                    "no such file",
                    "name the right file as layout.composeFile in the platform file"));
  }

  /** Variables are known to compose only: what it makes of the file is looked at, too. */
  private void askCompose(String text) {
    String resolved =
        shell
            .run(
                Command.look(
                        "ask compose whether it accepts the edited file",
                        "cd %s && %s -f - config"
                            .formatted(
                                Quote.sh(dest.machine().confRoot()),
                                dest.layout().composeCommand()))
                    .withInput(text))
            .orFail("compose does not accept the file with the port added: correct it, then retry");
    try {
      ComposeFile.refuseOtherClaims(resolved);
    } catch (UnexpectedText e) {
      throw e.in(dest.machine().name(), dest.layout().composeFile());
    }
  }

  private boolean bound() {
    return shell
        .run(
            Command.look(
                "look at the ports of Redis' container",
                "docker inspect -f '{{json .HostConfig.PortBindings}}' "
                    + Quote.sh(dest.layout().redisContainer())))
        .orFail("see that this container exists, then retry")
        .replaceAll("\\s", "")
        .matches(
            ".*\"6379/tcp\":\\[[^]]*\"HostIp\":\"(?:127\\.0\\.0\\.1|0\\.0\\.0\\.0|)\","
                + "\"HostPort\":\"6379\".*");
  }
}
