package io.pryv.migration.machine;

import static java.time.format.DateTimeFormatter.BASIC_ISO_DATE;

import java.time.LocalDate;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Edits the text of an {@code authorized_keys} file. Our line is put first: nothing need be known
 * about how the file ends, and taking the line out again gives back every byte.
 */
public final class AuthorizedKeys {

  /** Days for which a line of ours is valid. */
  static final int LASTS = 90;

  /** Days before its end at which a line is written anew by whoever needs it. */
  static final int RENEWED_BEFORE = 60;

  private static final String RESTRICT = "restrict,";
  private static final Pattern EXPIRY = Pattern.compile("(?<=^restrict,)expiry-time=\"(\\d{8})\",");

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

  /** The line, which begins with {@code restrict}, valid until {@link #LASTS} from today. */
  static String expiring(String line, LocalDate today) {
    if (!line.startsWith(RESTRICT)) {
      throw new IllegalArgumentException("no restricted line: " + line);
    }
    return RESTRICT
        + "expiry-time=\""
        + BASIC_ISO_DATE.format(today.plusDays(LASTS))
        + "\","
        + line.substring(RESTRICT.length());
  }

  /**
   * Whether the line stands in the text, for good or for at least {@link #RENEWED_BEFORE} more.
   * sshd reads the date by its own clock and time zone, which makes a day of difference at most.
   */
  static boolean current(String text, String line, LocalDate today) {
    return text.lines()
        .anyMatch(
            there -> {
              Matcher expiry = EXPIRY.matcher(there);
              return expiry.find()
                  ? expiry.replaceFirst("").equals(line)
                      && expiry
                              .group(1)
                              .compareTo(BASIC_ISO_DATE.format(today.plusDays(RENEWED_BEFORE)))
                          >= 0
                  : there.equals(line);
            });
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
    return "work=\"$HOME/.register-migration/\"%1$s%nmkdir -p \"$work\" && touch \"$work/%2$s\" && sync -- \"$work/%2$s\" \"$work\" && mkdir -m 700 -- %3$s%n"
        .formatted(Quote.sh(migration), DIRECTORY_MADE, Quote.sh(directory));
  }
}
