package io.pryv.migration.transfer;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What {@code rsync --stats} prints at its end (rsync(1)). Numbers may be grouped by commas, dots,
 * blanks or apostrophes, as the locale and rsync's version have it.
 *
 * @param files all that were looked at
 * @param transferredFiles regular files that had to be sent, in whole or in part
 * @param totalBytes size of all files
 * @param wireBytes sent and received, after compression
 * @param speedup total size over bytes on the wire
 * @param tookMs how long it ran, which {@link Sync} adds to its output; 0 when that is not told
 */
record RsyncStats(
    long files,
    long transferredFiles,
    long totalBytes,
    long wireBytes,
    double speedup,
    long tookMs) {

  private static final String NUMBER = "(\\d[\\d,.'\u00a0\u202f’ ]*)";

  private static final Pattern FILES = Pattern.compile("(?m)^Number of files: " + NUMBER);
  private static final Pattern TRANSFERRED =
      Pattern.compile("(?m)^Number of (?:regular )?files transferred: " + NUMBER);
  private static final Pattern TOTAL = Pattern.compile("(?m)^Total file size: " + NUMBER);
  private static final Pattern SENT = Pattern.compile("(?m)^Total bytes sent: " + NUMBER);
  private static final Pattern RECEIVED = Pattern.compile("(?m)^Total bytes received: " + NUMBER);
  private static final Pattern TOOK = Pattern.compile("(?m)^Took: (\\d+) ms$");
  private static final Pattern SPEEDUP = Pattern.compile("speedup is (\\d[\\d,.'\u00a0\u202f’]*)");

  /** The statistics in rsync's output, or empty when it ended before it printed them. */
  static Optional<RsyncStats> parse(String output) {
    Optional<Long> sent = number(SENT, output);
    Optional<Long> received = number(RECEIVED, output);
    Optional<Long> total = number(TOTAL, output);
    if (sent.isEmpty() || received.isEmpty() || total.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new RsyncStats(
            number(FILES, output).orElse(0L),
            number(TRANSFERRED, output).orElse(0L),
            total.get(),
            sent.get() + received.get(),
            speedup(output),
            number(TOOK, output).orElse(0L)));
  }

  private static Optional<Long> number(Pattern pattern, String output) {
    Matcher matcher = pattern.matcher(output);
    return matcher.find()
        ? Optional.of(Long.valueOf(matcher.group(1).replaceAll("\\D", "")))
        : Optional.empty();
  }

  /** Its last separator, two digits before the end, is the decimal one. */
  private static double speedup(String output) {
    Matcher matcher = SPEEDUP.matcher(output);
    if (!matcher.find()) {
      return 0;
    }
    String text = matcher.group(1);
    String digits = text.replaceAll("\\D", "");
    boolean decimals = text.length() > 3 && !Character.isDigit(text.charAt(text.length() - 3));
    return decimals ? Long.parseLong(digits) / 100.0 : Long.parseLong(digits);
  }
}
