package io.pryv.migration.redis;

import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.CommandResult;
import io.pryv.migration.machine.Hands;
import io.pryv.migration.machine.Quote;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import java.util.List;

/**
 * Opens Redis through the machine's SSH connection: no port of it need be published. The
 * container's address is asked for at each call, since it changes when the network is made anew.
 */
public final class JedisServers implements RedisDoor {

  /** Redis listens there inside its container (field guide, section 1). */
  private static final int PORT = 6379;

  private final Hands hands;

  public JedisServers(Hands hands) {
    this.hands = hands;
  }

  @Override
  public RedisServer open(Register register) {
    Shell shell = hands.on(register.machine());
    String address = address(shell, register.layout().redisContainer());
    return new JedisServer(shell, address, PORT);
  }

  private static String address(Shell shell, String container) {
    CommandResult result =
        shell.run(
            Command.look(
                "find the address of Redis",
                "docker inspect -f '{{.State.Running}} {{range"
                    + " .NetworkSettings.Networks}}{{.IPAddress}} {{end}}' "
                    + Quote.sh(container)));
    List<String> words = List.of(result.output().strip().split("\\s+", -1));
    if (!result.succeeded() || !words.get(0).equals("true")) {
      throw new StepFailure(
          shell.machine().name(),
          "container " + container,
          "a running Redis",
          result.succeeded() ? "the container is not running" : result.errors().strip(),
          "see `docker ps -a` and `docker logs " + container + "`, then retry the step");
    }
    // Without a network of its own it listens on the host.
    return words.size() > 1 ? words.get(1) : "127.0.0.1";
  }
}
