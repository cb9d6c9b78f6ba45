package io.pryv.migration.replication;

import java.util.List;

/**
 * Edits the text of an {@code authorized_keys} file. Our line is put first: nothing need be known
 * about how the file ends, and taking the line out again gives back every byte.
 */
final class AuthorizedKeys {

  private AuthorizedKeys() {}

  /**
   * The line that lets a key do nothing but reach one port of the loopback (sshd(8),
   * AUTHORIZED_KEYS FILE FORMAT): no terminal, no agent, no other forwarding, and no command, since
   * the forced one does nothing.
   *
   * @param from addresses that the key may come from
   * @param publicKey as ssh-keygen prints it: type, Base64, comment
   */
  static String tunnelLine(List<String> from, int redisPort, String publicKey) {
    return "restrict,port-forwarding,permitopen=\"127.0.0.1:%d\",from=\"%s\",command=\"/bin/false\" %s"
        .formatted(redisPort, String.join(",", from), publicKey.strip());
  }

  /** The text with that line first, and no other line for the same key. */
  static String with(String text, String line) {
    return line + "\n" + without(text, line);
  }

  /** The text without any line for the key that stands in {@code line}. */
  static String without(String text, String line) {
    String key = base64(line);
    StringBuilder kept = new StringBuilder(text.length());
    int from = 0;
    while (from < text.length()) {
      int end = text.indexOf('\n', from);
      int next = end < 0 ? text.length() : end + 1;
      String one = text.substring(from, next);
      if (!List.of(one.strip().split("[ \t]+", -1)).contains(key)) {
        kept.append(one);
      }
      from = next;
    }
    return kept.toString();
  }

  /** Whether a line for that key stands in the text. */
  static boolean has(String text, String line) {
    return !without(text, line).equals(text);
  }

  private static String base64(String line) {
    String[] words = line.strip().split("[ \t]+", -1);
    for (int i = 0; i + 1 < words.length; i++) {
      if (words[i].startsWith("ssh-") || words[i].startsWith("ecdsa-")) {
        return words[i + 1];
      }
    }
    throw new IllegalArgumentException("no public key in: " + line);
  }
}
