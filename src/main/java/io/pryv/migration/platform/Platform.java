package io.pryv.migration.platform;

import java.util.List;
import java.util.stream.Stream;

/**
 * The platform under migration, as read from its file: values only, no secret.
 *
 * @param name of the platform file, without its ending
 * @param domain the platform's DNS domain
 * @param knownHosts path, on the machine this program runs on, of the pinned host keys
 * @param parentNameServers {@code address[:port]} of servers that delegate the domain; empty to
 *     find them by resolution
 * @param resolvers {@code address[:port]} of the resolvers whose view counts as "the world"
 */
public record Platform(
    String name,
    String domain,
    Machine source,
    Machine dest,
    List<Machine> sourceSlaves,
    List<Machine> destSlaves,
    String knownHosts,
    List<String> parentNameServers,
    List<String> resolvers,
    Options options) {

  /** Every machine, source first. */
  public Stream<Machine> machines() {
    return Stream.of(List.of(source, dest), sourceSlaves, destSlaves).flatMap(List::stream);
  }
}
