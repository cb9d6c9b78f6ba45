package io.pryv.migration.machine;

import java.util.Arrays;

/**
 * Edits the text of an {@code authorized_keys} file. Our line is put first: nothing need be known
 * about how the file ends, and taking the line out again gives back every byte.
 */
public final class AuthorizedKeys {

  private AuthorizedKeys() {}

  /** The text with that line first, and no other line for the same key. */
  public static String with(String text, String line) {
    return line + "\n" + without(text, line);
  }

  /**
   * The text without any line for a key.
   *
   * @param publicKey the key's line, with or without options before its type
   */
  public static String without(String text, String publicKey) {
    String key = base64(publicKey);
    StringBuilder kept = new StringBuilder(text.length());
    int from = 0;
    while (from < text.length()) {
      int end = text.indexOf('\n', from);
      int next = end < 0 ? text.length() : end + 1;
      String line = text.substring(from, next);
      if (!Arrays.asList(line.strip().split("[ \t]+", -1)).contains(key)) {
        kept.append(line);
      }
      from = next;
    }
    return kept.toString();
  }

  /** Whether a line for that key stands in the text. */
  public static boolean has(String text, String publicKey) {
    return !without(text, publicKey).equals(text);
  }

  private static String base64(String publicKey) {
    String[] words = publicKey.strip().split("[ \t]+", -1);
    for (int i = words.length - 2; i >= 0; i--) {
      if (words[i].startsWith("ssh-") || words[i].startsWith("ecdsa-")) {
        return words[i + 1];
      }
    }
    throw new IllegalArgumentException("no public key in: " + publicKey);
  }

  /** The note on a machine that says that its ~/.ssh was made by this migration. */
  public static final String DIRECTORY_MADE = "ssh-directory-made";

  /** Bash that makes the directory of authorized_keys and notes that it was not there. */
  public static String makeDirectory(String directory, String migration) {
    return "work=\"$HOME/.register-migration/\"%s%nmkdir -p \"$work\" && touch \"$work/%s\" && mkdir -m 700 -- %s%n"
        .formatted(Quote.sh(migration), DIRECTORY_MADE, Quote.sh(directory));
  }
}
