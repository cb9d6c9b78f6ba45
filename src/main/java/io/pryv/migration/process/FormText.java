package io.pryv.migration.process;

import java.time.Duration;
import java.util.Locale;

/** What people read in forms and reports: Markdown made short enough, durations in words. */
final class FormText {

  /** Below the engine's 4,000 characters, with room for the note that it goes on elsewhere. */
  private static final int LONGEST = 3900;

  private FormText() {}

  /** A duration as people say it. */
  static String duration(long milliseconds) {
    Duration duration = Duration.ofMillis(milliseconds);
    if (milliseconds < 1000) {
      return milliseconds + " ms";
    }
    return duration.toMinutes() >= 2
        ? "%d min %d s".formatted(duration.toMinutes(), duration.toSecondsPart())
        : String.format(Locale.ROOT, "%.1f s", milliseconds / 1000.0);
  }

  /** The text itself, or its beginning, where there is no page to read on. */
  static String beginning(String text, int longest) {
    return text.length() <= longest ? text : text.substring(0, longest - 1) + "…";
  }

  /**
   * The text itself, or its beginning up to a whole line and where to read on.
   *
   * @param page address of the whole text
   */
  static String of(String markdown, String page) {
    if (markdown.length() <= LONGEST) {
      return markdown;
    }
    String note = "\n\n*Shortened: [the whole text](" + page + ").*";
    int end = markdown.lastIndexOf('\n', LONGEST - note.length());
    return markdown.substring(0, end > 0 ? end : LONGEST - note.length()) + note;
  }
}
