package io.pryv.migration.machine;

import io.pryv.migration.machine.Journal.FileEdit;
import io.pryv.migration.platform.StepFailure;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Puts a file back as it was before a migration's edits, to the byte, from the journal. What
 * somebody else has changed since is kept.
 */
public final class FileUndo {

  private final String machine;
  private final RemoteFiles files;
  private final Journal journal;

  public FileUndo(String machine, RemoteFiles files, Journal journal) {
    this.machine = machine;
    this.files = files;
    this.journal = journal;
  }

  /**
   * Undoes this migration's edits of one file; does nothing when there are none, or when they are
   * undone.
   *
   * @return whether anything had to be written
   */
  public boolean undo(String path) {
    List<FileEdit> edits =
        journal.edits(machine).stream().filter(edit -> edit.path().equals(path)).toList();
    if (edits.isEmpty()) {
      return false;
    }
    Optional<byte[]> now = files.read(path);
    Optional<byte[]> before = before(now, edits);
    if (same(now, before)) {
      return false;
    }
    if (before.isPresent()) {
      files.write(path, before.get(), edits.get(0).mode());
    } else {
      files.remove(path);
    }
    if (!same(files.read(path), before)) {
      throw new StepFailure(
          machine,
          path,
          "the bytes from before the migration",
          "others, right after they were written",
          "see who else writes this file, then retry");
    }
    return true;
  }

  /** Whether this migration has ever edited the file, or was about to. */
  public boolean everEdited(String path) {
    return journal.edits(machine).stream().anyMatch(edit -> edit.path().equals(path));
  }

  /** Whether the file holds an edit of this migration's: {@link #undo} would change it. */
  public boolean edited(String path) {
    List<FileEdit> edits =
        journal.edits(machine).stream().filter(edit -> edit.path().equals(path)).toList();
    if (edits.isEmpty()) {
      return false;
    }
    Optional<byte[]> now = files.read(path);
    return !same(now, before(now, edits));
  }

  /**
   * Walks the edits from the newest to the oldest, taking back each one whose result is what we
   * hold. An edit that was journalled and never made, and an undo itself, fall out of this. From a
   * file that somebody else has edited since, only our marked lines are taken out.
   */
  static Optional<byte[]> before(Optional<byte[]> now, List<FileEdit> newestFirst) {
    if (now.isPresent()
        && newestFirst.stream().noneMatch(e -> same(e.before(), now) || same(e.after(), now))) {
      FileText file = FileText.of(now.get());
      return LineMarks.present(file.text())
          ? Optional.of(file.bytes(LineMarks.undo(file.text())))
          : now;
    }
    Optional<byte[]> text = now;
    for (FileEdit edit : newestFirst) {
      if (same(edit.after(), text)) {
        text = edit.before();
      }
    }
    return text;
  }

  private static boolean same(Optional<byte[]> one, Optional<byte[]> other) {
    return one.isPresent() == other.isPresent()
        && (one.isEmpty() || Arrays.equals(one.get(), other.get()));
  }
}
