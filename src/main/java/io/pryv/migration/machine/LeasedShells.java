package io.pryv.migration.machine;

import io.pryv.migration.platform.Machine;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Shells whose changing commands act only while their holder holds the machine: the lease is
 * checked, and made to last, in the same remote command that acts.
 */
public final class LeasedShells implements Shells {

  private final Shells shells;
  private final LeaseHolder holder;
  private final Consumer<Machine> beforeTaking;
  private final boolean step;
  private final Set<Machine> settled = ConcurrentHashMap.newKeySet();

  private LeasedShells(
      Shells shells, LeaseHolder holder, Consumer<Machine> beforeTaking, boolean step) {
    this.shells = shells;
    this.holder = holder;
    this.beforeTaking = beforeTaking;
    this.step = step;
  }

  /**
   * For a step. Where its migration holds a machine, the first look at it already stops every step
   * before this one, and waits for a change that is under way: what the step sees stays true until
   * it acts.
   *
   * @param beforeTaking told the machine before each command that takes its lease
   */
  public static LeasedShells ofStep(
      Shells shells, LeaseHolder holder, Consumer<Machine> beforeTaking) {
    return new LeasedShells(shells, holder, beforeTaking, /* step= */ true);
  }

  /** For a watch beside the steps, which stops none of them and whose looks wait for nobody. */
  public static LeasedShells ofWatch(
      Shells shells, LeaseHolder holder, Consumer<Machine> beforeTaking) {
    return new LeasedShells(shells, holder, beforeTaking, /* step= */ false);
  }

  @Override
  public Shell to(Machine machine) {
    return new LeasedShell(
        shells.to(machine),
        holder,
        () -> beforeTaking.accept(machine),
        () -> !step || settled.contains(machine),
        () -> settled.add(machine));
  }
}
