package io.pryv.migration.machine;

import java.util.Optional;

/** Files of one machine, read and replaced whole. */
public interface RemoteFiles {

  /** The file's bytes, or empty when there is none. */
  Optional<byte[]> read(String path);

  /**
   * Replaces a file atomically (a new file beside it, renamed over it), keeping owner, group and
   * mode; a file that did not exist gets {@code mode}. Nothing happens when it already has these
   * bytes. The bytes before are journalled first.
   *
   * @param mode octal, such as {@code 600}, for a file that does not exist yet
   * @return whether anything had to be written
   */
  boolean write(String path, byte[] content, String mode);

  /** Removes a file; its bytes are journalled first. Nothing happens when there is none. */
  boolean remove(String path);
}
