package io.pryv.migration.redis;

import io.pryv.migration.machine.Hands;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * A replica that refuses writes by its file. Its Redis may take some for the moment, so that its
 * register and dns can start (field guide 3.12); it must not stay so.
 */
public final class ReadOnlyReplica {

  /** A name that Redis 3 to 7 understand. */
  public static final String SETTING = "slave-read-only";

  private ReadOnlyReplica() {}

  /** A slave may be configured to take writes: then it has no such trap, and stays as it is. */
  public static boolean byItsFile(Hands hands, Register register) {
    return hands
        .files(register.machine())
        .read(register.layout().redisConfFile())
        .flatMap(
            bytes -> RedisSettings.find(new String(bytes, StandardCharsets.ISO_8859_1), SETTING))
        .map(value -> !value.equals("no"))
        .orElse(true);
  }

  /**
   * Makes a slave's Redis read-only again that is watched no more, if its file says that it is.
   *
   * @return what was done; empty when nothing had to be done
   * @throws StepFailure when it can not be asked, or takes writes nevertheless
   */
  public static Optional<String> restore(Hands hands, Register slave, RedisDoor door) {
    String machine = slave.machine().name();
    try (RedisServer redis = door.open(slave)) {
      if (!redis.setting(SETTING).equals("no") || !byItsFile(hands, slave)) {
        return Optional.empty();
      }
      redis.configure(SETTING, "yes");
      if (!redis.refusesWrites()) {
        throw new StepFailure(
            machine,
            "Redis",
            "a write is refused: " + SETTING + " yes",
            "it was accepted",
            "see whom it follows (`INFO replication`), then retry");
      }
      return Optional.of(machine + "'s Redis is read-only again, proven by a refused write");
    }
  }
}
