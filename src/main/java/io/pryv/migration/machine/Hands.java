package io.pryv.migration.machine;

import io.pryv.migration.platform.Machine;

/**
 * Opens shells whose changing commands and edits are journalled under one step of one migration.
 */
public interface Hands {

  Shell on(Machine machine);

  /** Reads and edits files on the machine; every edit's bytes before are journalled first. */
  RemoteFiles files(Machine machine);
}
