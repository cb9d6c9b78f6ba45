package io.pryv.migration.platform;

/**
 * An edit that a later step will make, known early, so that preflight shows it, or says why it
 * can't be made, before anything is touched.
 */
public interface PlannedEdit {

  /** Whose file it is: source's or dest's. */
  Machine.Role role();

  /** When an edit is made. */
  enum When {
    /** In every migration. */
    ALWAYS,
    /** In a live cut-over: where it can't be made, a cold one still works. */
    LIVE,
    /** In a rollback from a dest that has taken writes. */
    ROLLBACK
  }

  default When when() {
    return When.ALWAYS;
  }

  /** The file on that machine; empty while too little is known of the layout. */
  String file(Layout layout);

  /**
   * The file's text after the edit.
   *
   * @param nginxConfiguration what {@code nginx -T} says on that machine, empty when nothing
   * @throws RuntimeException whose message says what was expected and found, when the text is not
   *     what the edit expects
   */
  String apply(String text, Platform platform, Layout layout, String nginxConfiguration);
}
