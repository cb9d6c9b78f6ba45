package io.pryv.migration.machine;

import io.pryv.migration.platform.Machine;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/**
 * Shells whose changing commands act only while their holder holds the machine: the lease is
 * checked, and made to last, in the same remote command that acts.
 */
public final class LeasedShells implements Shells {

  private final Shells shells;
  private final LeaseHolder holder;
  private final Predicate<Machine> mayTake;
  private final boolean step;
  private final Set<Machine> settled = ConcurrentHashMap.newKeySet();

  private LeasedShells(
      Shells shells, LeaseHolder holder, Predicate<Machine> mayTake, boolean step) {
    this.shells = shells;
    this.holder = holder;
    this.mayTake = mayTake;
    this.step = step;
  }

  /**
   * For a step. Where its migration holds a machine, the first look at it already stops every step
   * before this one, and waits for a change that is under way: what the step sees stays true until
   * it acts.
   *
   * @param mayTake asked before each command that takes a machine's lease: whether this program
   *     still means this holder to act
   */
  public static LeasedShells ofStep(Shells shells, LeaseHolder holder, Predicate<Machine> mayTake) {
    return new LeasedShells(shells, holder, mayTake, /* step= */ true);
  }

  /** For a watch beside the steps, which stops none of them and whose looks wait for nobody. */
  public static LeasedShells ofWatch(
      Shells shells, LeaseHolder holder, Predicate<Machine> mayTake) {
    return new LeasedShells(shells, holder, mayTake, /* step= */ false);
  }

  @Override
  public Shell to(Machine machine) {
    return new LeasedShell(
        shells.to(machine),
        holder,
        () -> mayTake.test(machine),
        () -> !step || settled.contains(machine),
        now -> {
          if (now) {
            settled.add(machine);
          } else {
            settled.remove(machine);
          }
        });
  }
}
