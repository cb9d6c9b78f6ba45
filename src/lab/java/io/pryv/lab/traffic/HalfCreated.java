package io.pryv.lab.traffic;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pryv.lab.traffic.HttpsConnection.Response;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Users whom a core has and the register has not: nobody can register their names again, since the
 * core refuses them (field guide 3.20).
 *
 * @param names of them
 * @param unknown why that can not be told; empty when it can
 */
record HalfCreated(List<String> names, String unknown) {

  private static final int TIMEOUT_MS = 3_000;

  /** Where to ask. */
  private record Places(URI core, Options options) {}

  /**
   * Asks the core for its users, and the register for those of them whom it did not acknowledge.
   */
  static HalfCreated of(Collection<String> notAcknowledged, URI core, Options options) {
    if (notAcknowledged.isEmpty()) {
      return new HalfCreated(List.of(), "");
    }
    Places places = new Places(core, options);
    List<String> names = new ArrayList<>();
    try {
      Set<String> created = new HashSet<>(notAcknowledged);
      created.retainAll(usersOf(core));
      for (String name : created) {
        if (!isKnown(name, places)) {
          names.add(name);
        }
      }
      return new HalfCreated(List.copyOf(names), "");
    } catch (IOException e) {
      return new HalfCreated(List.copyOf(names), String.valueOf(e.getMessage()));
    }
  }

  private static Set<String> usersOf(URI core) throws IOException {
    URLConnection get = core.toURL().openConnection();
    get.setConnectTimeout(TIMEOUT_MS);
    get.setReadTimeout(TIMEOUT_MS);
    try (InputStream in = get.getInputStream()) {
      JsonNode users = new ObjectMapper().readTree(in).get("users");
      if (users == null) {
        throw new IOException("the core at " + core + " does not list its users");
      }
      Set<String> names = new HashSet<>();
      users.forEach(name -> names.add(name.asText()));
      return names;
    }
  }

  private static boolean isKnown(String name, Places places) throws IOException {
    Duration within = Duration.ofMillis(TIMEOUT_MS);
    Options options = places.options;
    try (HttpsConnection connection =
        HttpsConnection.open(options.register(within), options.peer(), within)) {
      Response response =
          connection.exchange(
              "GET /" + name + "/check_username", "Connection: close\r\n", "", within);
      if (response.status() != 200) {
        throw new IOException("the register answers " + response.status() + " about " + name);
      }
      return response.body().replace(" ", "").contains("\"reserved\":true");
    }
  }
}
