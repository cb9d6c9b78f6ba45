package io.pryv.migration.redis;

import io.pryv.migration.machine.Hands;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;

/** Opens Redis through the machine's SSH connection: no port of it need be published. */
public final class JedisServers implements RedisDoor {

  /** Redis listens there inside its container (field guide, section 1). */
  private static final int PORT = 6379;

  private final Hands hands;
  private final RedisAddresses addresses;

  /**
   * A door for one step.
   *
   * @param addresses shared by all steps
   */
  public JedisServers(Hands hands, RedisAddresses addresses) {
    this.hands = hands;
    this.addresses = addresses;
  }

  @Override
  public RedisServer open(Register register) {
    Shell shell = hands.on(register.machine());
    RedisAddresses.Found found = addresses.find(shell, register);
    try {
      return new JedisServer(shell, found.address(), PORT);
    } catch (StepFailure failure) {
      if (!found.remembered()) {
        throw failure;
      }
      // The same container, on another network by now.
      addresses.forget(register);
      return new JedisServer(shell, addresses.find(shell, register).address(), PORT);
    }
  }
}
