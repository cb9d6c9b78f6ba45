package io.pryv.migration.machine;

import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Asks web servers, and believes what comes from one address only of the register that is there. Is
 * another certificate shown than is known, its files are read anew once: it may have been renewed.
 */
public final class KnownServer implements HttpsProbe {

  private final HttpsProbe https;
  private final String address;
  private final Supplier<ServerIdentity> anew;
  private Optional<HttpsProbe> believing;
  private boolean read;

  /**
   * A probe for one step.
   *
   * @param known as an earlier step found it, if one did
   * @param anew reads the register's files
   */
  public KnownServer(
      HttpsProbe https,
      String address,
      Optional<ServerIdentity> known,
      Supplier<ServerIdentity> anew) {
    this.https = https;
    this.address = address;
    this.anew = anew;
    this.believing = known.map(identity -> https.believing(address, identity.anchors()));
  }

  @Override
  public Answer get(
      String askedAddress, int port, String hostName, String path, Map<String, String> headers) {
    if (!askedAddress.equals(address)) {
      return https.get(askedAddress, port, hostName, path, headers);
    }
    boolean fresh = mustRead();
    try {
      return known().get(address, port, hostName, path, headers);
    } catch (UntrustedServer perhapsRenewed) {
      if (fresh || !readAgain()) {
        throw perhapsRenewed;
      }
      return known().get(address, port, hostName, path, headers);
    }
  }

  /** Reads the files when nothing is known yet. */
  private synchronized boolean mustRead() {
    return believing.isEmpty() && readAgain();
  }

  private synchronized boolean readAgain() {
    if (read) {
      return false;
    }
    believing = Optional.of(https.believing(address, anew.get().anchors()));
    read = true;
    return true;
  }

  private synchronized HttpsProbe known() {
    return believing.orElseThrow();
  }
}
