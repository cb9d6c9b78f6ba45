package io.pryv.migration.transfer;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The last line of {@code rsync --info=progress2} (rsync(1)), such as <code>
 * 286,331,153  97%   45.31MB/s    0:00:06 (xfr#2, to-chk=1/5)</code>.
 *
 * @param bytes transferred so far
 * @param percent of all
 * @param rate as rsync words it
 * @param left as rsync estimates it, hours:minutes:seconds
 */
record RsyncProgress(long bytes, int percent, String rate, String left) {

  private static final Pattern LINE =
      Pattern.compile(
          "(\\d[\\d,.'\u00a0\u202f’]*)\\s+(\\d{1,3})%\\s+(\\S+/s)\\s+(\\d+:\\d\\d:\\d\\d|\\?\\?:\\?\\?:\\?\\?)");

  /** The newest progress in rsync's output, whose updates are separated by carriage returns. */
  static Optional<RsyncProgress> latest(String output) {
    Optional<RsyncProgress> latest = Optional.empty();
    Matcher matcher = LINE.matcher(output);
    while (matcher.find()) {
      latest =
          Optional.of(
              new RsyncProgress(
                  Long.parseLong(matcher.group(1).replaceAll("\\D", "")),
                  Integer.parseInt(matcher.group(2)),
                  matcher.group(3),
                  matcher.group(4)));
    }
    return latest;
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%,d bytes, %d %%, %s, %s left", bytes, percent, rate, left);
  }
}
