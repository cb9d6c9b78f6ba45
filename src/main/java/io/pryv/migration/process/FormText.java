package io.pryv.migration.process;

/** Markdown of any length, made short enough for a form. */
final class FormText {

  /** Below the engine's 4,000 characters, with room for the note that it goes on elsewhere. */
  private static final int LONGEST = 3900;

  private FormText() {}

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
