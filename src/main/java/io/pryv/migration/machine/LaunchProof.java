package io.pryv.migration.machine;

import io.pryv.migration.platform.Platform;
import io.pryv.migration.platform.Register;

/**
 * What must hold of a dest that was just launched, and can be asked only while it serves: found
 * there, it stops a migration long before its gate.
 */
public interface LaunchProof {

  /**
   * Asks.
   *
   * @param migration its id
   * @return what was found, as Markdown
   * @throws io.pryv.migration.platform.StepFailure when it does not hold
   */
  String prove(Hands hands, Register source, Register dest, Platform platform, String migration);
}
