package io.pryv.migration.machine;

/** Quotes values for bash, so that no name of a platform file can become a command. */
public final class Quote {

  private Quote() {}

  /** The value as one bash word, in single quotes. */
  public static String sh(String value) {
    return "'" + value.replace("'", "'\\''") + "'";
  }
}
