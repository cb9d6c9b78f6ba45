package io.pryv.migration.machine;

import io.pryv.migration.platform.StepFailure;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.UnaryOperator;

/** Web servers in memory, by their addresses. */
public final class FakeHttps implements HttpsProbe {

  private final ConcurrentMap<String, UnaryOperator<String>> servers = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, String> certificates = new ConcurrentHashMap<>();
  private final List<String> requests = new ArrayList<>();

  /** The server answers every path with that body and status 200. */
  public FakeHttps answers(String address, String body) {
    return answers(address, path -> body);
  }

  /**
   * The server answers a path with status 200 and what the function gives; null stands for a
   * connection refused, text that begins with a status for another one, and with 3xx for a
   * redirection to what follows.
   */
  public FakeHttps answers(String address, UnaryOperator<String> bodyOfPath) {
    servers.put(address, bodyOfPath);
    return this;
  }

  /** The server shows that certificate, in PEM; whoever believes in others is told so. */
  public FakeHttps shows(String address, String certificate) {
    certificates.put(address, certificate);
    return this;
  }

  @Override
  public HttpsProbe believing(String believed, String anchors) {
    return (address, port, hostName, path, headers) -> {
      String shown = certificates.getOrDefault(address, "");
      if (address.equals(believed) && !anchors.contains(shown)) {
        throw new UntrustedServer(hostName, path, "self-signed", null);
      }
      return get(address, port, hostName, path, headers);
    };
  }

  /** Every request so far: host name and path. */
  public synchronized List<String> requests() {
    return List.copyOf(requests);
  }

  @Override
  public Answer get(
      String address, int port, String hostName, String path, Map<String, String> headers) {
    synchronized (this) {
      requests.add(hostName + path);
    }
    UnaryOperator<String> server = servers.get(address);
    String body = server == null ? null : server.apply(path);
    if (body == null) {
      throw new StepFailure(
          "this program",
          "GET https://" + hostName + path + " at " + address,
          "an answer",
          "connection refused",
          "see that nginx runs");
    }
    if (body.matches("3\\d\\d .*")) {
      return new Answer(Integer.parseInt(body.substring(0, 3)), body.substring(4), "", "");
    }
    return body.matches("[45]\\d\\d .*")
        ? new Answer(Integer.parseInt(body.substring(0, 3)), "", body.substring(4), "")
        : new Answer(200, "", body, "CN=*.pryv.lab");
  }
}
