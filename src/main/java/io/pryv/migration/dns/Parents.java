package io.pryv.migration.dns;

import io.pryv.migration.platform.Platform;
import io.pryv.migration.platform.StepFailure;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** The servers that delegate the platform's domain. */
public final class Parents {

  private Parents() {}

  /**
   * As the platform file names them, or else found by resolution: the name servers of the closest
   * enclosing zone.
   */
  public static List<String> of(Platform platform, DnsClient dns) {
    if (!platform.parentNameServers().isEmpty()) {
      return platform.parentNameServers();
    }
    for (String resolver : platform.resolvers()) {
      try {
        List<String> found = closestEnclosing(platform.domain(), resolver, dns);
        if (!found.isEmpty()) {
          return found;
        }
      } catch (StepFailure silent) {
        // The next resolver may answer.
      }
    }
    throw new StepFailure(
        "this program",
        "name servers that delegate " + platform.domain(),
        "some, found through the resolvers " + platform.resolvers(),
        "none",
        "name them in the platform file (nameServers.parents), then retry");
  }

  private static List<String> closestEnclosing(String domain, String resolver, DnsClient dns) {
    Set<String> found = new TreeSet<>();
    String zone = domain;
    while (found.isEmpty() && zone.contains(".")) {
      zone = zone.substring(zone.indexOf('.') + 1);
      for (String server : Records.data(dns.resolve(resolver, zone, "NS").records(), "NS")) {
        found.addAll(Records.data(dns.resolve(resolver, server, "A").records(), "A"));
      }
    }
    return List.copyOf(found);
  }
}
