package io.pryv.migration.proxy;

import io.pryv.migration.machine.Hands;
import io.pryv.migration.machine.HttpsProbe;
import io.pryv.migration.machine.ServerIdentity;
import io.pryv.migration.machine.UntrustedServer;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import java.util.Map;

/**
 * The register that an nginx passes requests on to.
 *
 * @param address of its machine
 * @param anchors in PEM, by which that nginx knows it
 */
record Target(String address, String anchors) {

  /** By the register's own files as they are now. */
  static Target of(ServerIdentity identity, Register register) {
    return new Target(register.machine().publicAddress(), identity.anchors());
  }

  /**
   * By what a register is known, as its files say now, and proven by a question of ours: nginx
   * there may not have read them yet.
   *
   * @throws UntrustedServer when somebody else answers at its address
   */
  static ServerIdentity proven(Hands hands, Register register, String domain, HttpsProbe https) {
    ServerIdentity identity = ServerIdentity.of(hands.files(register.machine()), register, domain);
    String address = register.machine().publicAddress();
    try {
      https
          .believing(address, identity.anchors())
          .get(address, 443, "reg." + domain, "/wactiv/check_username", Map.of());
    } catch (UntrustedServer other) {
      throw other;
    } catch (StepFailure noAnswer) {
      // Whether it serves is proven elsewhere.
    }
    return identity;
  }
}
