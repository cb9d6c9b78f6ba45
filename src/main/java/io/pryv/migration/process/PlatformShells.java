package io.pryv.migration.process;

import io.pryv.migration.machine.PinnedShells;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.machine.Shells;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.Platform;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Shells for every platform under migration. Which host keys a machine is trusted by is its
 * platform's business: a machine is reached only once its platform is known.
 */
final class PlatformShells implements Shells, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(PlatformShells.class);
  private static final ThreadLocal<Set<String>> REACHED = new ThreadLocal<>();

  private final PinnedShells pinned;
  private final Map<String, Shells> byKnownHosts = new ConcurrentHashMap<>();
  private final Map<Machine, Shells> byMachine = new ConcurrentHashMap<>();

  /**
   * @param pinned opens shells that trust the host keys of a known_hosts file
   */
  PlatformShells(PinnedShells pinned) {
    this.pinned = pinned;
  }

  void know(Platform platform) {
    Shells shells =
        byKnownHosts.computeIfAbsent(platform.knownHosts(), file -> pinned.trusting(Path.of(file)));
    platform.machines().forEach(machine -> byMachine.put(machine, shells));
  }

  /** From now on the names of machines that this thread asks shells for are added there. */
  void noteReached(Set<String> names) {
    REACHED.set(names);
  }

  /** Ends what {@link #noteReached} began. */
  void noteNoMore() {
    REACHED.remove();
  }

  @Override
  public Shell to(Machine machine) {
    if (REACHED.get() != null) {
      REACHED.get().add(machine.name());
    }
    Shells shells = byMachine.get(machine);
    if (shells == null) {
      throw new IllegalStateException(machine + " belongs to no platform under migration");
    }
    return shells.to(machine);
  }

  @Override
  public void close() {
    for (Shells shells : byKnownHosts.values()) {
      if (shells instanceof AutoCloseable connections) {
        try {
          connections.close();
        } catch (Exception e) {
          LOG.debug("a connection did not close", e);
        }
      }
    }
  }
}
