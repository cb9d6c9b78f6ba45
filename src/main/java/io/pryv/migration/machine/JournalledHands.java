package io.pryv.migration.machine;

import io.pryv.migration.platform.Machine;

/** The hands of one step: everything they change is in the journal before it is touched. */
public final class JournalledHands implements Hands {

  private final Shells shells;
  private final Journal journal;

  public JournalledHands(Shells shells, Journal journal) {
    this.shells = shells;
    this.journal = journal;
  }

  @Override
  public Shell on(Machine machine) {
    return new JournalledShell(shells.to(machine), journal);
  }

  @Override
  public RemoteFiles files(Machine machine) {
    return new JournalledFiles(shells.to(machine), journal);
  }
}
