package io.pryv.migration.machine;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What was done to the machines in one step of one migration. An entry is committed before the
 * machine is touched, so that whatever dies, what may have been changed is known.
 */
public interface Journal {

  /** Exit code of a command whose end nobody saw: it was carried out, or not, or in part. */
  int OUTCOME_UNKNOWN = -1;

  /** Exit code of a command that was not begun, since somebody else holds the machine. */
  int REFUSED = -2;

  /** Stores that a command is about to run; durable when this returns. */
  long willRun(String machine, Command command);

  /**
   * Stores that a file is about to be replaced, created or removed; durable when this returns.
   *
   * @param before the file's bytes, empty when there is no file
   * @param after the bytes to come, empty when it is about to be removed
   */
  long willEdit(
      String machine, String path, String mode, Optional<byte[]> before, Optional<byte[]> after);

  /** Completes an entry: what came out of it. */
  void done(long entry, int exitCode, Duration duration, String tail);

  /** Every edit of this migration on that machine, newest first, with the bytes before. */
  List<FileEdit> edits(String machine);

  /** An edit as the journal holds it; {@code before} is empty when there was no file. */
  record FileEdit(
      long entry,
      String machine,
      String path,
      String mode,
      Optional<byte[]> before,
      Optional<byte[]> after) {}
}
