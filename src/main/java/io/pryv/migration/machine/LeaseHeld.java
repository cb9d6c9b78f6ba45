package io.pryv.migration.machine;

import io.pryv.migration.platform.StepFailure;
import java.util.Optional;

/** Somebody else holds the machine: the command was not begun there. */
public final class LeaseHeld extends StepFailure {

  private static final long serialVersionUID = 1L;

  private final transient Lease lease;
  private final boolean overtaken;

  LeaseHeld(
      String machine,
      String about,
      String expected,
      String found,
      String next,
      Lease lease,
      boolean overtaken) {
    super(machine, about, expected, found, next);
    this.lease = lease;
    this.overtaken = overtaken;
  }

  /** Whether a later step or start of the same migration's program acts instead. */
  public boolean overtaken() {
    return overtaken;
  }

  /** Who holds it; empty when the lease file can't be understood. */
  public Optional<Lease> lease() {
    return Optional.ofNullable(lease);
  }
}
