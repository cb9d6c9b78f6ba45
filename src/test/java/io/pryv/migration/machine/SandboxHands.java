package io.pryv.migration.machine;

import io.pryv.migration.platform.Machine;
import java.util.List;

/** The production hands, journal and all, over sandboxes. */
public final class SandboxHands implements Hands, Shells {

  private final List<SandboxShell> sandboxes;
  private final InMemoryJournal journal = new InMemoryJournal();
  private final Hands hands = new JournalledHands(this, journal);

  public SandboxHands(SandboxShell... sandboxes) {
    this.sandboxes = List.of(sandboxes);
  }

  public InMemoryJournal journal() {
    return journal;
  }

  @Override
  public Shell to(Machine machine) {
    return sandboxes.stream()
        .filter(sandbox -> sandbox.machine().name().equals(machine.name()))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no sandbox for " + machine));
  }

  @Override
  public Shell on(Machine machine) {
    return hands.on(machine);
  }

  @Override
  public RemoteFiles files(Machine machine) {
    return hands.files(machine);
  }
}
