package io.pryv.migration.machine;

import io.pryv.migration.platform.StepFailure;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;

/**
 * Files read and replaced through a shell. Content travels as Base64 on standard input and output.
 * The script that replaces a file first compares the file with the bytes in the journal, so that
 * somebody else's edit in between is noticed, not lost. A symlink stays one: its target is
 * replaced. What is not the user's own is read and replaced as root.
 */
final class JournalledFiles implements RemoteFiles {

  private static final Duration DEADLINE = Duration.ofSeconds(30);
  private static final int CHANGED_MEANWHILE = 75;
  private static final String NO_FILE = "none";

  private final Shell shell;
  private final Journal journal;

  JournalledFiles(Shell shell, Journal journal) {
    this.shell = shell;
    this.journal = journal;
  }

  @Override
  public Optional<byte[]> read(String path) {
    return look(path).map(Found::content);
  }

  @Override
  public boolean write(String path, byte[] content, String mode) {
    Optional<Found> before = look(path);
    if (before.isPresent() && Arrays.equals(before.get().content(), content)) {
      return false;
    }
    String kept = before.map(Found::mode).orElse(mode);
    long entry =
        journal.willEdit(
            shell.machine().name(), path, kept, before.map(Found::content), Optional.of(content));
    replace(
        entry,
        path,
        """
        t=$(mktemp -- "$(dirname -- "$f")/.register-migration.XXXXXXXX")
        trap 'rm -f -- "$t"' EXIT
        base64 -d >"$t"
        if [ -e "$f" ]; then
          cp --attributes-only --preserve=all -- "$f" "$t"
          touch -- "$t"
          old=$(stat -c '%%a %%u:%%g' -- "$f"); new=$(stat -c '%%a %%u:%%g' -- "$t")
          [ "$old" = "$new" ] || { echo "mode and owner are $old, a new file would get $new"; exit 77; }
        else
          chmod %s -- "$t"
        fi
        got=$(hash "$t")
        [ "$got" = %s ] || { echo "the content arrived with hash $got"; exit 74; }
        sync -- "$t"
        unchanged
        mv -T -- "$t" "$f"
        sync -- "$(dirname -- "$f")"
        """
            .formatted(Quote.sh(mode), sha256(content)),
        before.map(found -> sha256(found.content())).orElse(NO_FILE),
        content);
    return true;
  }

  @Override
  public boolean remove(String path) {
    Optional<Found> before = look(path);
    if (before.isEmpty()) {
      return false;
    }
    long entry =
        journal.willEdit(
            shell.machine().name(),
            path,
            before.get().mode(),
            Optional.of(before.get().content()),
            Optional.empty());
    replace(
        entry,
        path,
        """
        unchanged
        rm -- "$f"
        sync -- "$(dirname -- "$f")"
        """,
        sha256(before.get().content()),
        new byte[0]);
    return true;
  }

  private void replace(long entry, String path, String action, String before, byte[] content) {
    String script =
        """
        set -eu
        hash() { sha256sum <"$1" | cut -d' ' -f1; }
        unchanged() {
          now=%s; if [ -e "$f" ]; then now=$(hash "$f"); fi
          [ "$now" = %s ] || { echo "its sha256 is now $now"; exit %d; }
        }
        f=$(readlink -vf -- %s)
        unchanged
        """
                .formatted(NO_FILE, before, CHANGED_MEANWHILE, Quote.sh(path))
            + action;
    Command command =
        Command.change("write " + path, AsRoot.unless(own(path), script))
            .withInput(Base64.getEncoder().encodeToString(content))
            .within(DEADLINE);
    long began = System.nanoTime();
    CommandResult result;
    try {
      result = shell.run(command);
    } catch (StepFailure failure) {
      journal.done(
          entry,
          JournalledShell.codeOf(failure),
          Duration.ofNanos(System.nanoTime() - began),
          JournalledShell.tail(failure.getMessage()));
      throw failure;
    }
    String said = JournalledShell.tail(result.output() + result.errors());
    journal.done(entry, result.exitCode(), result.duration(), said);
    if (result.exitCode() == CHANGED_MEANWHILE) {
      throw new StepFailure(
          shell.machine().name(),
          path,
          "the file as it was read a moment ago (sha256 " + before + ")",
          said + ": somebody else is editing it; nothing was written",
          "find out who edits it, then retry the step");
    }
    if (!result.succeeded()) {
      throw new StepFailure(
          shell.machine().name(),
          path,
          "the file replaced in one move",
          "exit code " + result.exitCode() + ": " + said + "; the file is as it was",
          "see that the directory exists, has space and may be written, then retry the step");
    }
  }

  private Optional<Found> look(String path) {
    CommandResult result =
        shell.run(
            Command.look(
                    "read " + path,
                    AsRoot.unless(
                        own(path),
                        """
                        f=%s
                        if ! stat=$(stat -Lc '%%a' -- "$f" 2>&1); then
                          case $stat in
                            *'No such file or directory') echo %s; exit 0 ;;
                            *) echo "$stat"; exit 1 ;;
                          esac
                        fi
                        echo "$stat"
                        base64 -w0 -- "$f"
                        """
                            .formatted(Quote.sh(path), NO_FILE)))
                .within(DEADLINE));
    if (!result.succeeded()) {
      throw new StepFailure(
          shell.machine().name(),
          path,
          "a file that can be read, or none",
          (result.output() + result.errors()).strip(),
          "see that it is a file and that "
              + shell.machine().user()
              + " may read it, then retry the step");
    }
    if (result.output().strip().equals(NO_FILE)) {
      return Optional.empty();
    }
    String[] lines = result.output().split("\n", 2);
    return Optional.of(new Found(Base64.getDecoder().decode(lines[1].strip()), lines[0]));
  }

  /** Succeeds where the directory belongs to the user, and so does the file, if there is one. */
  private static String own(String path) {
    return "{ [ -O \"$(dirname -- \"$(readlink -f -- %1$s)\")\" ] && { [ -O %1$s ] || [ ! -e %1$s ]; }; }"
        .formatted(Quote.sh(path));
  }

  private static String sha256(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java has SHA-256", e);
    }
  }

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Found(byte[] content, String mode) {}
}
