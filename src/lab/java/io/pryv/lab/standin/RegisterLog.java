package io.pryv.lab.standin;

/** The register's log: a word for the level in the colour that the original's console gives it. */
final class RegisterLog {
  private RegisterLog() {}

  static void info(String message) {
    print(32, "info", message);
  }

  static void warning(String message) {
    print(31, "warning", message);
  }

  static void error(String message) {
    print(31, "error", message);
  }

  private static void print(int colour, String level, String message) {
    System.out.println("\u001b[" + colour + "m" + level + "\u001b[39m: " + message);
  }
}
