package io.pryv.migration.nameservers;

import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.Options;
import io.pryv.migration.platform.Platform;
import java.time.Duration;
import java.util.List;

/** The practice platform as values. */
public final class PryvLab {

  public static final String PARENT = "10.90.0.20";
  public static final String RESOLVER = "10.90.0.21";

  private PryvLab() {}

  static Platform platform() {
    return platform(List.of(PARENT), List.of(RESOLVER));
  }

  public static Platform platform(List<String> parents, List<String> resolvers) {
    return new Platform(
        "lab",
        "pryv.lab",
        machine(Machine.Role.SOURCE, "source", "10.90.0.11"),
        machine(Machine.Role.DEST, "dest", "10.90.0.12"),
        List.of(machine(Machine.Role.SOURCE_SLAVE, "source-slave", "10.90.0.13")),
        List.of(machine(Machine.Role.DEST_SLAVE, "dest-slave", "10.90.0.14")),
        "known_hosts",
        parents,
        resolvers,
        new Options(
            true,
            "",
            "rsa",
            5,
            1 << 20,
            Duration.ofMinutes(2),
            false,
            List.of("reg", "access"),
            200,
            Duration.ofMinutes(1),
            null));
  }

  private static Machine machine(Machine.Role role, String name, String address) {
    return new Machine(role, name, address, 22, "root", "key", "/var/pryv", address);
  }
}
