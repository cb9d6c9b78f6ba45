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
   * @throws io.pryv.migration.platform.StepFailure when no answer came; any status is an answer
   */
  Answer get(String address, int port, String hostName, String path, Map<String, String> headers);

  /**
   * What the server said.
   *
   * @param status of HTTP
   * @param body as UTF-8
   * @param certificate subject and end of validity of the certificate it showed; reported, not
   *     required to be trusted
   */
  record Answer(int status, String body, String certificate) {}
}
