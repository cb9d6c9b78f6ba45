package io.pryv.migration.machine;

import java.util.Map;

/** Asks a web server over TLS as a client of the platform would, from where this program runs. */
public interface HttpsProbe {

  /**
   * Sends one GET over a connection of its own.
   *
   * @param address where to connect, whatever {@code hostName} resolves to
   * @param hostName sent as server name (SNI) and as {@code Host}
   * @param path with query
   * @throws UntrustedServer when another server than is believed there answers; nothing is asked
   * @throws io.pryv.migration.platform.StepFailure when no answer came; any status is an answer
   */
  Answer get(String address, int port, String hostName, String path, Map<String, String> headers);

  /**
   * The same, which believes an answer at one address only of who is known by these certificates.
   *
   * @param anchors in PEM, see {@link ServerIdentity}
   */
  default HttpsProbe believing(String address, String anchors) {
    return this;
  }

  /**
   * What the server said.
   *
   * @param status of HTTP
   * @param location where it redirects to; empty when it does not
   * @param body as UTF-8
   * @param certificate subject and end of validity of the certificate it showed
   */
  record Answer(int status, String location, String body, String certificate) {}
}
