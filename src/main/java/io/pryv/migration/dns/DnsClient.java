package io.pryv.migration.dns;

import java.time.Duration;
import java.util.List;

/** Asks one server at a time, one query in flight (field guide, section 1). */
public interface DnsClient {

  /**
   * Asks an authoritative server, without recursion.
   *
   * @param server {@code address[:port]}
   * @param name absolute, without the final dot
   * @param type such as {@code A}, {@code NS}, {@code CNAME}
   * @throws io.pryv.migration.platform.StepFailure when no answer came
   */
  Answer ask(String server, String name, String type);

  /**
   * Like {@link #ask}, once and with less patience where the client can: for whoever waits for a
   * server to come up.
   */
  default Answer askOnce(String server, String name, String type, Duration patience) {
    return ask(server, name, type);
  }

  /** Like {@link #ask}, with recursion desired: for resolvers. */
  Answer resolve(String resolver, String name, String type);

  /**
   * What a server said.
   *
   * @param code such as {@code NOERROR}
   * @param records sorted {@code TYPE data}, without TTL, so that rotation does not matter; names
   *     in data are written without the final dot, in lower case
   * @param ttl the largest TTL among answer (or authority) records, seconds; 0 when there are none
   * @param authority records of the authority section, as a parent's delegation has them: sorted
   *     {@code OWNER TYPE data}, names without the final dot
   * @param additional records of the additional section (glue), written like those of {@code
   *     authority}
   */
  record Answer(
      String code,
      List<String> records,
      long ttl,
      List<String> authority,
      List<String> additional) {

    public boolean empty() {
      return records.isEmpty();
    }
  }
}
