package io.pryv.migration.platform;

/**
 * An edit that a later step will make, known early, so that preflight shows it, or says why it
 * can't be made, before anything is touched.
 */
public interface PlannedEdit {

  /** Whose file it is: source's or dest's. */
  Machine.Role role();

  /** Whether only a live cut-over makes it: where it can't be made, a cold one still works. */
  default boolean onlyLive() {
    return false;
  }

  /** The file on that machine; empty while too little is known of the layout. */
  String file(Layout layout);

  /**
   * The file's text after the edit.
   *
   * @throws RuntimeException whose message says what was expected and found, when the text is not
   *     what the edit expects
   */
  String apply(String text, Platform platform, Layout layout);
}
