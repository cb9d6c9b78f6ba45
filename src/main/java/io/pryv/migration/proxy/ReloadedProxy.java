package io.pryv.migration.proxy;

import io.pryv.migration.machine.NginxContainer;
import io.pryv.migration.redis.WriteProof;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * One nginx leads its clients elsewhere: its site file first, then read by nginx, and proven from
 * outside, since a reload that failed looks like one that did not (field guide 3.11).
 */
final class ReloadedProxy {

  private final BooleanSupplier file;
  private final NginxContainer nginx;
  private final WriteProof proof;
  private final Duration patience;

  /**
   * A proxy that is to lead to a register.
   *
   * @param file does what has to be written before nginx may lead there, the site file above all,
   *     and says whether it had to do anything
   */
  ReloadedProxy(BooleanSupplier file, NginxContainer nginx, WriteProof proof, Duration patience) {
    this.file = file;
    this.nginx = nginx;
    this.proof = proof;
    this.patience = patience;
  }

  /**
   * Has it lead there.
   *
   * @return whether anything had to be done
   */
  boolean lead() {
    boolean written = file.getAsBoolean();
    if (!written && proof.holds(Duration.ZERO)) {
      return false;
    }
    nginx.reload();
    if (!proof.holds(patience)) {
      proof.orFail(Duration.ZERO, next(nginx.complaint()));
    }
    return true;
  }

  private static String next(String complaint) {
    return complaint.isEmpty()
        ? "nginx takes its files (`nginx -t`): see its error log, and what else answers at that"
            + " address, then retry"
        : "nginx did not take its files over, for `nginx -t` says: "
            + complaint
            + "; correct that, then retry";
  }
}
