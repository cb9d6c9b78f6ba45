package io.pryv.migration.machine;

import java.nio.file.Path;

/** The door to machines: over SSH in production; what stands around it sees every command. */
public interface PinnedShells {

  /**
   * Shells on machines whose host keys stand in that file.
   *
   * @param knownHosts on the machine this program runs on, in OpenSSH's format
   */
  Shells trusting(Path knownHosts);
}
