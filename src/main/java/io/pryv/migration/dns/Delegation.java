package io.pryv.migration.dns;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Whom a server names as the domain's name servers.
 *
 * @param servers their names, each with its addresses as that server gives them
 * @param ttl the longest, seconds
 */
public record Delegation(Map<String, List<String>> servers, long ttl) {

  /**
   * As a server of the parent zone delegates it: NS records in the authority section, with glue.
   */
  public static Delegation atParent(DnsClient dns, String parent, String domain) {
    DnsClient.Answer answer = dns.ask(parent, domain, "NS");
    // A provider that serves the parent and the domain alike answers instead of referring.
    List<String> names =
        Stream.concat(
                Records.data(answer.authority(), domain, "NS").stream(),
                Records.data(answer.records(), "NS").stream())
            .distinct()
            .toList();
    Map<String, List<String>> servers = new TreeMap<>();
    for (String name : names) {
      List<String> glue = Records.data(answer.additional(), name, "A");
      if (glue.isEmpty() && Records.within(name, domain)) {
        DnsClient.Answer asked = dns.ask(parent, name, "A");
        glue = Records.data(asked.records(), "A");
        if (glue.isEmpty()) {
          glue = Records.data(asked.additional(), name, "A");
        }
      }
      servers.put(name, glue);
    }
    return new Delegation(servers, answer.ttl());
  }

  /** As an authoritative server of the domain itself gives it. */
  public static Delegation atChild(DnsClient dns, String server, String domain) {
    DnsClient.Answer answer = dns.ask(server, domain, "NS");
    Map<String, List<String>> servers = new TreeMap<>();
    long ttl = answer.ttl();
    for (String name : Records.data(answer.records(), "NS")) {
      DnsClient.Answer address =
          Records.within(name, domain)
              ? dns.ask(server, name, "A")
              : new DnsClient.Answer("NOERROR", List.of(), 0, List.of(), List.of());
      servers.put(name, Records.data(address.records(), "A"));
      ttl = Math.max(ttl, address.ttl());
    }
    return new Delegation(servers, ttl);
  }

  /** As a resolver sees it. */
  public static Delegation atResolver(DnsClient dns, String resolver, String domain) {
    DnsClient.Answer answer = dns.resolve(resolver, domain, "NS");
    Map<String, List<String>> servers = new TreeMap<>();
    for (String name : Records.data(answer.records(), "NS")) {
      servers.put(name, Records.data(dns.resolve(resolver, name, "A").records(), "A"));
    }
    return new Delegation(servers, answer.ttl());
  }

  /** Every address of theirs, sorted. */
  public List<String> addresses() {
    return servers.values().stream().flatMap(List::stream).distinct().sorted().toList();
  }

  /** Such as {@code dns1.pryv.lab 10.90.0.11, dns2.pryv.lab 10.90.0.13}. */
  public String describe() {
    return servers.isEmpty()
        ? "nobody"
        : String.join(
            ", ",
            servers.entrySet().stream()
                .map(
                    server -> (server.getKey() + " " + String.join(" ", server.getValue())).strip())
                .toList());
  }
}
