package io.pryv.migration.dns;

import io.pryv.migration.platform.StepFailure;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * Name servers in memory. Like the platform's own, a server that knows nothing of a name answers
 * NOERROR without records.
 */
public final class FakeDns implements DnsClient {

  private final Map<String, Map<String, Answer>> servers = new HashMap<>();
  private final List<String> asked = new ArrayList<>();
  private BiConsumer<String, String> log = (server, name) -> {};

  /** The server answers that question with these records ({@code TYPE data}), TTL 3600. */
  public FakeDns answers(String server, String name, String type, String... records) {
    return answers(
        server, name, type, new Answer("NOERROR", sorted(records), 3600, List.of(), List.of()));
  }

  public FakeDns answers(String server, String name, String type, Answer answer) {
    servers.computeIfAbsent(server, any -> new HashMap<>()).put(question(name, type), answer);
    return this;
  }

  /**
   * The server delegates a domain, TTL 172800.
   *
   * @param namesAndAddresses such as {@code dns1.pryv.lab=10.90.0.11}
   */
  public FakeDns delegates(String server, String domain, String... namesAndAddresses) {
    List<String> authority = new ArrayList<>();
    List<String> glue = new ArrayList<>();
    for (String pair : namesAndAddresses) {
      String[] parts = pair.split("=", 2);
      authority.add(domain + " NS " + parts[0]);
      if (parts.length == 2) {
        glue.add(parts[0] + " A " + parts[1]);
      }
    }
    authority.sort(null);
    glue.sort(null);
    return answers(
        server, domain, "NS", new Answer("NOERROR", List.of(), 172_800, authority, glue));
  }

  /** The server is there and knows nothing yet. */
  public FakeDns up(String server) {
    servers.computeIfAbsent(server, any -> new HashMap<>());
    return this;
  }

  /** The server no longer answers anything. */
  public FakeDns down(String server) {
    servers.remove(server);
    return this;
  }

  /** What each server that is up writes down: its address and the name that it was asked for. */
  public FakeDns log(BiConsumer<String, String> newLog) {
    log = newLog;
    return this;
  }

  /** Every question so far, as {@code server name TYPE}. */
  public List<String> asked() {
    return List.copyOf(asked);
  }

  @Override
  public Answer ask(String server, String name, String type) {
    asked.add(server + " " + name + " " + type);
    Map<String, Answer> known = servers.get(server);
    if (known == null) {
      throw new StepFailure(
          server, type + " " + name, "an answer within 5 s", "none", "see that its DNS runs");
    }
    log.accept(server, name);
    return known.getOrDefault(
        question(name, type), new Answer("NOERROR", List.of(), 0, List.of(), List.of()));
  }

  @Override
  public Answer resolve(String resolver, String name, String type) {
    return ask(resolver, name, type);
  }

  private static List<String> sorted(String... records) {
    return List.of(records).stream().sorted().toList();
  }

  private static String question(String name, String type) {
    return name.toLowerCase(Locale.ROOT) + " " + type;
  }
}
