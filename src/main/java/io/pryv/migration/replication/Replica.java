package io.pryv.migration.replication;

import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.Hands;
import io.pryv.migration.machine.NginxLeadsAway;
import io.pryv.migration.machine.Quote;
import io.pryv.migration.machine.RegisterContainer;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.KeyComparison;
import io.pryv.migration.redis.ReadOnlyReplica;
import io.pryv.migration.redis.RedisDoor;
import io.pryv.migration.redis.RedisServer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/**
 * A register whose Redis follows another: source, or a slave of it. Its register and dns write a
 * fixture at every start, which a read-only replica refuses, so that they crash and come back for
 * ever (field guide 3.12). For that moment its Redis may take writes, once it is proven that no
 * client's can get there ({@link NginxLeadsAway}).
 */
final class Replica {

  /** Looked up in Redis as a user, held by nobody, and told from a client's query by its name. */
  private static final String NAME = "register-migration-watch";

  private static final Duration DNS_PATIENCE = Duration.ofSeconds(1);
  private static final int DNS_TRIES = 3;

  /** What looks at several things at once waits in threads of its own. */
  static final Executor LOOKS =
      Executors.newCachedThreadPool(
          work -> {
            Thread thread = new Thread(work, "replica-look");
            thread.setDaemon(true);
            return thread;
          });

  private final Hands hands;
  private final Shell shell;
  private final Register register;
  private final Register master;
  private final RedisDoor door;
  private final DnsClient dns;
  private final String domain;

  /**
   * A replica.
   *
   * @param master what its Redis follows
   */
  Replica(
      Hands hands,
      Register register,
      Register master,
      RedisDoor door,
      DnsClient dns,
      String domain) {
    this.hands = hands;
    this.shell = hands.on(register.machine());
    this.register = register;
    this.master = master;
    this.door = door;
    this.dns = dns;
    this.domain = domain;
  }

  /**
   * One look.
   *
   * @param dnsAnswers whether its dns answers
   * @param registerAnswers whether its register does, inside its container; true where none runs
   * @param follows whether its Redis is a replica whose link is up
   * @param open whether its Redis takes writes although it is a read-only replica by its file
   */
  record Seen(boolean dnsAnswers, boolean registerAnswers, boolean follows, boolean open) {

    boolean bothAnswer() {
      return dnsAnswers && registerAnswers;
    }
  }

  String machine() {
    return register.machine().name();
  }

  /**
   * Looks, at its DNS and its register at once: either may hang for seconds.
   *
   * @param replication what {@code INFO replication} says; empty when Redis says nothing
   */
  Seen look(Supplier<Map<String, String>> replication) {
    CompletableFuture<Boolean> dnsAnswers = CompletableFuture.supplyAsync(this::dnsAnswers, LOOKS);
    boolean registerAnswers = registerAnswers();
    Map<String, String> info = replication.get();
    return new Seen(
        dnsAnswers.join(),
        registerAnswers,
        "slave".equals(info.get("role")) && "up".equals(info.get("master_link_status")),
        "slave".equals(info.get("role"))
            && "0".equals(info.get("slave_read_only"))
            && ReadOnlyReplica.byItsFile(hands, register));
  }

  /** Looks, asking its Redis, too. */
  Seen look() {
    return look(
        () -> {
          try (RedisServer redis = door.open(register)) {
            return redis.info("replication");
          } catch (StepFailure silent) {
            return Map.of();
          }
        });
  }

  private boolean dnsAnswers() {
    for (int tries = 0; tries < DNS_TRIES; tries++) {
      try {
        dns.askOnce(register.machine().publicAddress(), NAME + "." + domain, "A", DNS_PATIENCE);
        return true;
      } catch (StepFailure silent) {
        // UDP loses a packet now and then.
      }
    }
    return false;
  }

  private boolean registerAnswers() {
    RegisterContainer own = new RegisterContainer(shell, register.layout());
    try {
      return !own.runs() || own.complaint(KeyComparison.FIXTURE_USER).isEmpty();
    } catch (StepFailure unknown) {
      return false;
    }
  }

  /** Why its Redis may not take writes now; empty when no client's write can get there. */
  Optional<String> objection() {
    return NginxLeadsAway.objection(shell, register);
  }

  /**
   * Lets its Redis take writes, if still no client's can get there: the look that asks for it may
   * be some seconds old.
   */
  String open() {
    Optional<String> objection = objection();
    if (objection.isPresent()) {
      throw new StepFailure(
          machine(),
          "Redis, which is to take writes for the moment",
          "that no client's request gets there",
          objection.get(),
          "see to whom its nginx leads; the next look decides anew");
    }
    try (RedisServer redis = door.open(register)) {
      redis.configure(ReadOnlyReplica.SETTING, "no");
    }
    return machine()
        + "'s Redis takes writes for the moment, so that its register and dns can start (no"
        + " client's request gets there, proven by nginx's configuration)";
  }

  /**
   * Starts its register and dns at once where docker waits to start them again, which it does for
   * up to a minute after a few crashes.
   *
   * @return what was done; empty when neither waited
   */
  String startAgain() {
    List<String> started =
        shell
            .run(
                Command.change(
                    "start the register and dns that docker waits to start again",
                    """
                    for name in %s %s; do
                      case "$(docker inspect -f '{{.State.Restarting}}' "$name")" in
                        true) docker restart -t 0 "$name" ;;
                      esac
                    done
                    """
                        .formatted(
                            Quote.sh(register.layout().registerContainer()),
                            Quote.sh(register.layout().dnsContainer()))))
            .orFail("see that docker runs and that the user may use it")
            .lines()
            .toList();
    return started.isEmpty()
        ? ""
        : machine() + ": started again without docker's pause: " + String.join(", ", started);
  }

  /** Takes back what its services wrote, makes its Redis read-only again, and proves it. */
  String close() {
    try (RedisServer redis = door.open(register)) {
      int taken;
      try (RedisServer followed = door.open(master)) {
        taken = redis.takeFixtureOf(followed);
      } catch (StepFailure unreachable) {
        // Rather another fixture than a replica that takes writes.
        taken = -1;
      }
      redis.configure(ReadOnlyReplica.SETTING, "yes");
      if (!redis.refusesWrites()) {
        throw new StepFailure(
            machine(),
            "Redis",
            "a write is refused: " + ReadOnlyReplica.SETTING + " yes",
            "it was accepted",
            "set it by hand (`docker exec %s redis-cli CONFIG SET %s yes`)"
                .formatted(register.layout().redisContainer(), ReadOnlyReplica.SETTING));
      }
      return machine()
          + "'s Redis is read-only again, proven by a refused write; "
          + (taken < 0
              ? "the register's fixture could not be compared with " + master.machine().name()
              : taken == 0
                  ? "what its services wrote equals what " + master.machine().name() + " holds"
                  : taken
                      + " keys of the register's fixture put right from "
                      + master.machine().name());
    }
  }
}
