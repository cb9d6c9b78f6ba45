package io.pryv.migration.platform;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * Who else on the machine that this program runs on may read or write a file. Whoever may write a
 * platform file or its known_hosts decides which machine is migrated and which one is believed.
 */
public final class OthersAccess {

  private static final Set<PosixFilePermission> WRITE =
      EnumSet.of(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);
  private static final Set<PosixFilePermission> ANY =
      EnumSet.of(
          PosixFilePermission.GROUP_READ,
          PosixFilePermission.GROUP_WRITE,
          PosixFilePermission.GROUP_EXECUTE,
          PosixFilePermission.OTHERS_READ,
          PosixFilePermission.OTHERS_WRITE,
          PosixFilePermission.OTHERS_EXECUTE);

  /** In such a directory nobody removes or renames what is another's. */
  private static final int STICKY = 01000;

  private OthersAccess() {}

  /** Whether anybody but the owner may do anything with it. */
  static boolean any(Path file) throws IOException {
    return intersects(file, ANY);
  }

  /**
   * Why a file is not safe from being written by others, worded as what was found and what to type;
   * empty when it is. It is theirs, too, when they may put another one into its place.
   */
  static Optional<String> writable(Path file) throws IOException {
    Path real = file.toRealPath();
    Optional<String> ofFile = problem(real, intersects(real, WRITE), "chmod go-w");
    Path directory = real.getParent();
    return ofFile.isPresent()
        ? ofFile
        : problem(directory, intersects(directory, WRITE) && !sticky(directory), "chmod go-w");
  }

  /** Why a directory is not this program's alone; empty when it is. */
  public static Optional<String> open(Path directory) throws IOException {
    Path real = directory.toRealPath();
    return problem(real, any(real), "chmod go=");
  }

  private static Optional<String> problem(Path path, boolean open, String command)
      throws IOException {
    String owner = Files.getOwner(path).getName();
    if (!owner.equals("root") && !owner.equals(System.getProperty("user.name"))) {
      return Optional.of(
          "%s, which belongs to %s (sudo chown %s %s)"
              .formatted(path, owner, System.getProperty("user.name"), path));
    }
    return open
        ? Optional.of(
            "%s with permissions %s (%s %s)"
                .formatted(
                    path,
                    PosixFilePermissions.toString(Files.getPosixFilePermissions(path)),
                    command,
                    path))
        : Optional.empty();
  }

  private static boolean intersects(Path file, Set<PosixFilePermission> permissions)
      throws IOException {
    return Files.getPosixFilePermissions(file).stream().anyMatch(permissions::contains);
  }

  private static boolean sticky(Path directory) throws IOException {
    return ((int) Files.getAttribute(directory, "unix:mode") & STICKY) != 0;
  }
}
