package io.pryv.migration.redis;

import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.CommandResult;
import io.pryv.migration.machine.Quote;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Where the Redis of each register is. Its container's address changes when the container or its
 * network is made anew, so the machine is asked each time; but as long as the very process runs
 * that was found there, docker need not be asked, which takes it 0.05 to 0.2 s on a busy machine
 * (decision 33).
 */
public final class RedisAddresses {

  /**
   * Prints {@code same}, or what docker says of the container, and in a line of its own which
   * process that is: its number, when it began, and the machine's boot.
   */
  private static final String FIND =
      """
      known=%s
      process() {
        local line boot
        { read -r line <"/proc/$1/stat" && read -r boot </proc/sys/kernel/random/boot_id; } 2>/dev/null || return
        set -- "$1" ${line##*) }
        echo "$1 ${21} $boot"
      }
      if [ -n "$known" ] && [ "$(process "${known%%%% *}")" = "$known" ]; then echo same; exit; fi
      said=$(docker inspect -f '{{.State.Running}} {{.State.Pid}} {{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}' %s) || exit
      echo "$said"
      set -- $said
      process "$2" || true
      """;

  private final Map<Register, Known> known = new ConcurrentHashMap<>();

  /**
   * An address.
   *
   * @param remembered whether docker was not asked
   */
  record Found(String address, boolean remembered) {}

  /**
   * Finds the address of a register's Redis.
   *
   * @throws StepFailure when its container does not run
   */
  Found find(Shell shell, Register register) {
    Known before = known.get(register);
    String container = register.layout().redisContainer();
    CommandResult result =
        shell.run(
            Command.look(
                "find the address of Redis",
                FIND.formatted(
                    Quote.sh(before == null ? "" : before.process()), Quote.sh(container))));
    List<String> lines = result.output().lines().toList();
    if (before != null && result.succeeded() && lines.equals(List.of("same"))) {
      return new Found(before.address(), true);
    }
    List<String> words = lines.isEmpty() ? List.of("") : List.of(lines.get(0).split("\\s+", -1));
    if (!result.succeeded() || !words.get(0).equals("true")) {
      throw new StepFailure(
          shell.machine().name(),
          "container " + container,
          "a running Redis",
          result.succeeded() ? "the container is not running" : result.errors().strip(),
          "see `docker ps -a` and `docker logs " + container + "`, then retry the step");
    }
    // Without a network of its own it listens on the host.
    String address = words.size() > 2 && !words.get(2).isEmpty() ? words.get(2) : "127.0.0.1";
    if (lines.size() > 1) {
      known.put(register, new Known(lines.get(1), address));
    } else {
      forget(register);
    }
    return new Found(address, false);
  }

  /** The next time docker is asked. */
  void forget(Register register) {
    known.remove(register);
  }

  private record Known(String process, String address) {}
}
