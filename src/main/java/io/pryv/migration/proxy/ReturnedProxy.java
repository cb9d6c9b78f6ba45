package io.pryv.migration.proxy;

import io.pryv.migration.machine.FileUndo;
import io.pryv.migration.machine.NginxContainer;
import io.pryv.migration.platform.Register;
import io.pryv.migration.redis.WriteProof;
import java.time.Duration;

/**
 * Source's nginx serves source's own register again: the site file as it was, read by nginx, and
 * proven from outside, since a reload that failed looks like one that did not (field guide 3.11).
 */
final class ReturnedProxy {

  private final Register source;
  private final FileUndo files;
  private final NginxContainer nginx;
  private final WriteProof proof;
  private final Duration patience;

  ReturnedProxy(
      Register source, FileUndo files, NginxContainer nginx, WriteProof proof, Duration patience) {
    this.source = source;
    this.files = files;
    this.nginx = nginx;
    this.proof = proof;
    this.patience = patience;
  }

  /**
   * Puts it back.
   *
   * @return whether anything had to be done
   */
  boolean give() {
    boolean written = files.undo(source.layout().nginxSiteFile());
    if (!written && proof.holds(Duration.ZERO)) {
      return false;
    }
    nginx.reload();
    proof.orFail(
        patience,
        "look at the error log of nginx on source: it may not have taken its file over. Source's"
            + " Redis is the writer; dest refuses writes. Then retry");
    return true;
  }
}
