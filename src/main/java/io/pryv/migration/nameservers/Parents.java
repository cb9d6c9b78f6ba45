package io.pryv.migration.nameservers;

import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.platform.Platform;
import io.pryv.migration.platform.StepFailure;
import java.util.ArrayList;
import java.util.List;

/** The servers that delegate the platform's domain. */
final class Parents {

  private Parents() {}

  /**
   * As the platform file names them, or else found by resolution: the name servers of the closest
   * enclosing zone.
   */
  static List<String> of(Platform platform, DnsClient dns) {
    if (!platform.parentNameServers().isEmpty()) {
      return platform.parentNameServers();
    }
    List<String> found = new ArrayList<>();
    for (String resolver : platform.resolvers()) {
      String zone = platform.domain();
      while (found.isEmpty() && zone.contains(".")) {
        zone = zone.substring(zone.indexOf('.') + 1);
        for (String server : Records.data(dns.resolve(resolver, zone, "NS").records(), "NS")) {
          found.addAll(Records.data(dns.resolve(resolver, server, "A").records(), "A"));
        }
      }
      if (!found.isEmpty()) {
        return found.stream().distinct().sorted().toList();
      }
    }
    throw new StepFailure(
        "this program",
        "name servers that delegate " + platform.domain(),
        "some, found through the resolvers " + platform.resolvers(),
        "none",
        "name them in the platform file (nameServers.parents), then retry");
  }
}
