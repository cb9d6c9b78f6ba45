package io.pryv.migration.security;

import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * Under which names this program answers.
 *
 * @param hosts names and addresses, without port, as they stand in a browser's address bar: any
 *     other {@code Host} is refused, so that nobody's DNS leads a browser here under his name
 * @param groupsClaim in which claim an OpenID Connect provider tells a user's groups
 * @param groups which of our groups such a group is; what is not named here counts for nothing
 */
@ConfigurationProperties("migration.door")
record DoorProperties(Set<String> hosts, String groupsClaim, Map<String, String> groups) {

  DoorProperties {
    if (hosts == null || hosts.isEmpty()) {
      throw new IllegalStateException(
          "migration.door.hosts: expected the names under which this program is reached, such as"
              + " localhost,migration.example; found none");
    }
    groupsClaim = groupsClaim == null ? "groups" : groupsClaim;
    groups = groups == null ? Map.of() : Map.copyOf(groups);
    hosts = hosts.stream().map(host -> host.toLowerCase(Locale.ROOT)).collect(Collectors.toSet());
  }

  boolean answersTo(String host) {
    return host != null && hosts.contains(host.toLowerCase(Locale.ROOT));
  }
}
