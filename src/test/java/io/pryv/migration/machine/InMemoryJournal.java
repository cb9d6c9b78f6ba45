package io.pryv.migration.machine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** A journal for tests. */
public final class InMemoryJournal implements Journal {

  /** A changing command; {@code exitCode} is empty while nothing came out of it. */
  public record Ran(String machine, Command command, Optional<Integer> exitCode, String tail) {}

  private final List<Object> entries = new ArrayList<>();

  @Override
  public synchronized long willRun(String machine, Command command) {
    entries.add(new Ran(machine, command, Optional.empty(), ""));
    return entries.size() - 1L;
  }

  @Override
  public synchronized long willEdit(
      String machine, String path, String mode, Optional<byte[]> before, Optional<byte[]> after) {
    long entry = entries.size();
    entries.add(new FileEdit(entry, machine, path, mode, before, after));
    return entry;
  }

  @Override
  public synchronized void done(long entry, int exitCode, Duration duration, String tail) {
    if (entries.get((int) entry) instanceof Ran ran) {
      entries.set((int) entry, new Ran(ran.machine(), ran.command(), Optional.of(exitCode), tail));
    }
  }

  @Override
  public synchronized List<FileEdit> edits(String machine) {
    List<FileEdit> edits = new ArrayList<>();
    for (Object entry : entries) {
      if (entry instanceof FileEdit edit && edit.machine().equals(machine)) {
        edits.add(edit);
      }
    }
    Collections.reverse(edits);
    return edits;
  }

  /** Every changing command, oldest first. */
  public synchronized List<Ran> commands() {
    return entries.stream().filter(Ran.class::isInstance).map(Ran.class::cast).toList();
  }
}
