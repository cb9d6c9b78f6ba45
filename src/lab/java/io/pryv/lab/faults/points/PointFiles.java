package io.pryv.lab.faults.points;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/**
 * The points as files of one directory, shared by the harness and the program. A file {@code
 * WHEN.STEP} arms a point and says what shall happen there; when the program comes by, the file
 * becomes {@code WHEN.STEP.reached} and tells where. A point is reached once; whoever dies at it
 * does not meet it again.
 */
public final class PointFiles {

  /** When within a step. */
  public enum When {
    BEFORE,
    DURING,
    AFTER
  }

  /** What an armed point does with who reaches it. */
  public enum Action {
    /** The program waits, or at DURING the first changing command on its machine. */
    HOLD_CHANGE,
    /** As before, but at the first command of any kind, or connection. */
    HOLD_ANY,
    /** The first changing command waits, and is not run: it ends with exit code 1. Twice. */
    FAIL_CHANGE,
    /** As before, but the first command of any kind. */
    FAIL_ANY
  }

  /**
   * A point that was reached.
   *
   * @param machine on which a command is held; empty when the program itself waits
   */
  public record Reached(String machine) {}

  /**
   * Lies on a machine for as long as a command is held there; who removes it lets the command end.
   */
  public static final String HELD = "/run/pryv-lab-held";

  private static final String REACHED = ".reached";

  private final Path directory;

  /** Points as files there; the directory exists. */
  public PointFiles(Path directory) {
    this.directory = directory;
  }

  /**
   * What shall happen at a point.
   *
   * @param command how the purpose of the command begins that is meant; empty for the first that
   *     the action tells of
   */
  record Armed(Action action, String command) {}

  /** The harness wants something to happen there. */
  public void arm(When when, String step, Action action) {
    arm(when, step, action, "");
  }

  /** As {@link #arm(When, String, Action)}, at the first command whose purpose begins so. */
  public void arm(When when, String step, Action action, String command) {
    write(file(when, step), action.name() + " " + command);
  }

  /** What shall happen there, if anything. */
  Optional<Armed> armed(When when, String step) {
    return read(file(when, step))
        .map(text -> text.split(" ", 2))
        .map(words -> new Armed(Action.valueOf(words[0]), words[1]));
  }

  /** The program is there; false when somebody else was first. */
  boolean reach(When when, String step, String machine) {
    Path armed = file(when, step);
    try {
      Files.delete(armed);
    } catch (NoSuchFileException e) {
      return false;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    write(marker(when, step), machine);
    return true;
  }

  /** Whether the program has come there, and on what machine. */
  public Optional<Reached> reached(When when, String step) {
    return read(marker(when, step)).map(Reached::new);
  }

  /** The program may go on; nothing happens when it does not wait there. */
  public void release(When when, String step) {
    try {
      Files.deleteIfExists(marker(when, step));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Forgets every point. */
  public void clear() {
    try (var files = Files.list(directory)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path file(When when, String step) {
    return directory.resolve(when + "." + step);
  }

  private Path marker(When when, String step) {
    return directory.resolve(when + "." + step + REACHED);
  }

  /** Whoever reads must never see half of it. */
  private void write(Path file, String text) {
    try {
      Path draft = Files.createTempFile(directory, "draft", "");
      Files.writeString(draft, text);
      Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Optional<String> read(Path file) {
    try {
      return Optional.of(Files.readString(file));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
