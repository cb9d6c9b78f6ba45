package io.pryv.migration.redis;

import io.pryv.migration.machine.HttpsProbe;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;

/**
 * That a register takes writes and that clients who come to its address get them: a key that says
 * where a user lives, written into its own Redis, is read through a web address. {@code GET
 * /NAME/server} is a redirection to the user's core in every version of the register
 * (service-register, {@code routes/server.js}); a name that it does not know is one to an error
 * page, or 404. No other register has that key.
 */
public final class WriteProof {

  private static final Duration LIFE = Duration.ofMinutes(1);
  private static final Pattern CORE = Pattern.compile("https?://([^/:?]*).*");
  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(30);

  private final String address;
  private final Register register;
  private final RedisDoor door;
  private final HttpsProbe https;
  private final String domain;

  private WriteProof(
      String address, Register register, RedisDoor door, HttpsProbe https, String domain) {
    this.address = address;
    this.register = register;
    this.door = door;
    this.https = https;
    this.domain = domain;
  }

  /** A proof at the register's own address. */
  public static WriteProof atItsAddress(
      Register register, RedisDoor door, HttpsProbe https, String domain) {
    return at(register.machine().publicAddress(), register, door, https, domain);
  }

  /** A proof at another address, whose proxy leads to the register. */
  public static WriteProof at(
      String address, Register register, RedisDoor door, HttpsProbe https, String domain) {
    return new WriteProof(address, register, door, https, domain);
  }

  /** Whether what is written there is read there, asking for as long as told. */
  public boolean holds(Duration patience) {
    return found(patience).isEmpty();
  }

  /**
   * Throws when it does not hold after that time.
   *
   * @param next what the operator should do
   */
  public void orFail(Duration patience, String next) {
    String found = found(patience);
    if (!found.isEmpty()) {
      throw new StepFailure(
          register.machine().name(),
          "GET https://reg." + domain + "/NAME/server at " + address,
          "a redirection to the core that was just written into its own Redis",
          found,
          next);
    }
  }

  private String found(Duration patience) {
    String name = "rm" + UUID.randomUUID().toString().replace("-", "").substring(0, 16);
    String key = name + ":server";
    String value = name + ".register-migration";
    try (RedisServer redis = door.open(register)) {
      redis.set(key, value, LIFE);
      try {
        return asked(name, value, patience);
      } finally {
        redis.delete(key);
      }
    }
  }

  /**
   * Asks the question of the proof about a user who is there, without writing anything: a register
   * that does not answer it rightly will never satisfy the proof.
   *
   * @param core where the user lives, as the register's Redis says
   * @return what was found instead of the right answer; empty when it is right
   */
  public static String question(
      HttpsProbe https, String address, String domain, String user, String core) {
    try {
      HttpsProbe.Answer answer =
          https.get(address, 443, "reg." + domain, "/" + user + "/server", Map.of());
      return leadsTo(core, answer) ? "" : described(answer);
    } catch (StepFailure noAnswer) {
      return noAnswer.found();
    }
  }

  private static String described(HttpsProbe.Answer answer) {
    return "status "
        + answer.status()
        + (answer.location().isEmpty()
            ? ": " + answer.body().strip()
            : ", to " + answer.location());
  }

  private static boolean leadsTo(String core, HttpsProbe.Answer answer) {
    return answer.status() / 100 == 3
        && CORE.matcher(answer.location()).replaceAll("$1").equals(core);
  }

  private String asked(String name, String value, Duration patience) {
    long deadline = System.nanoTime() + patience.toNanos();
    while (true) {
      String found;
      try {
        HttpsProbe.Answer answer =
            https.get(address, 443, "reg." + domain, "/" + name + "/server", Map.of());
        if (leadsTo(value, answer)) {
          return "";
        }
        found = described(answer);
      } catch (StepFailure noAnswer) {
        found = noAnswer.found();
      }
      if (System.nanoTime() - deadline >= 0 || Thread.currentThread().isInterrupted()) {
        return found;
      }
      LockSupport.parkNanos(BETWEEN_LOOKS.toNanos());
    }
  }
}
