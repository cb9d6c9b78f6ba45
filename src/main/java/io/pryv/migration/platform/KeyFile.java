package io.pryv.migration.platform;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.Optional;

/**
 * A private key as ssh would take it: there, ours alone, without a passphrase. Its content is
 * looked at and never told.
 */
final class KeyFile {

  private static final String OPENSSH = "-----BEGIN OPENSSH PRIVATE KEY-----";

  private static final String MAGIC = "openssh-key-v1\0";

  private KeyFile() {}

  /** What is wrong with the key, worded as {@code expected …, found …}; empty when it will do. */
  static Optional<String> problem(Path file) {
    String expected = "expected a private key file that only its owner can read, found ";
    try {
      if (!Files.exists(file)) {
        return Optional.of(expected + "no file " + file);
      }
      if (!Files.isRegularFile(file)) {
        return Optional.of(expected + file + ", which is not a regular file");
      }
      if (!Files.isReadable(file)) {
        return Optional.of(expected + file + ", which this program may not read");
      }
      if (OthersAccess.any(file)) {
        return Optional.of(
            "%s%s with permissions %s, which ssh refuses (chmod 600 it)"
                .formatted(
                    expected,
                    file,
                    PosixFilePermissions.toString(Files.getPosixFilePermissions(file))));
      }
      return contentProblem(
          file, new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
    } catch (IOException e) {
      return Optional.of(expected + file + ", which cannot be read: " + e.getMessage());
    }
  }

  private static Optional<String> contentProblem(Path file, String content) {
    if (content.contains("Proc-Type: 4,ENCRYPTED")
        || content.contains("BEGIN ENCRYPTED PRIVATE KEY")
        || (content.contains(OPENSSH) && isOpenSshEncrypted(content))) {
      return Optional.of(
          "expected a private key without a passphrase, found %s, which has one (make a key for the migration: ssh-keygen -t ed25519 -N '')"
              .formatted(file));
    }
    if (content.startsWith("ssh-") || content.startsWith("ecdsa-")) {
      return Optional.of("expected a private key, found %s, a public one".formatted(file));
    }
    if (!content.contains("PRIVATE KEY-----")) {
      return Optional.of(
          "expected a private key in OpenSSH or PEM format, found %s in another format"
              .formatted(file));
    }
    return Optional.empty();
  }

  /** OpenSSH PROTOCOL.key: magic, then the cipher's name as a length and its characters. */
  private static boolean isOpenSshEncrypted(String content) {
    int begin = content.indexOf(OPENSSH) + OPENSSH.length();
    int end = content.indexOf("-----END", begin);
    try {
      byte[] key =
          Base64.getMimeDecoder().decode(content.substring(begin, end < 0 ? begin : end).strip());
      String head = new String(key, 0, Math.min(key.length, 64), US_ASCII);
      return head.startsWith(MAGIC) && !head.startsWith(MAGIC + "\0\0\0\4none");
    } catch (IllegalArgumentException notBase64) {
      return false;
    }
  }
}
