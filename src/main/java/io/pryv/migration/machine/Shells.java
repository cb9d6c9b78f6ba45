package io.pryv.migration.machine;

import io.pryv.migration.platform.Machine;

/** Where shells come from: over SSH in production, a local sandbox in tests. */
public interface Shells {

  /** A shell on that machine; cheap to ask for, connected at its first use. */
  Shell to(Machine machine);
}
