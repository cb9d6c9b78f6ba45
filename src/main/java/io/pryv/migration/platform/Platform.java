package io.pryv.migration.platform;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
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

  /**
   * Public addresses of source and its slaves, each with the one that takes its place: dest's for
   * source's, and for each slave that of dest's slave in the same place of the list, of dest's last
   * slave when there are fewer, of dest when there are none.
   */
  public Map<String, String> successors() {
    Map<String, String> successors = new LinkedHashMap<>();
    successors.put(source.publicAddress(), dest.publicAddress());
    for (int i = 0; i < sourceSlaves.size(); i++) {
      successors.put(
          sourceSlaves.get(i).publicAddress(),
          destSlaves.isEmpty()
              ? dest.publicAddress()
              : destSlaves.get(Math.min(i, destSlaves.size() - 1)).publicAddress());
    }
    return successors;
  }

  /** The same with source and dest in each other's place: the way back. */
  public Platform reversed() {
    return new Platform(
        name,
        domain,
        dest,
        source,
        destSlaves,
        sourceSlaves,
        knownHosts,
        parentNameServers,
        resolvers,
        options);
  }

  /** Public addresses of dest and its slaves. */
  public Set<String> destAddresses() {
    Set<String> addresses = new LinkedHashSet<>(Set.of(dest.publicAddress()));
    destSlaves.forEach(slave -> addresses.add(slave.publicAddress()));
    return addresses;
  }
}
