package io.pryv.migration.machine;

import java.util.ArrayList;
import java.util.List;

/**
 * How our edits of configuration files look: an old line stays in place as a comment, a new one
 * says that it is new, and both can be taken back to the byte. For files whose comments begin with
 * {@code #}: nginx's, compose's, Redis's. The operator reads these files (procedure, "Set NGINX
 * proxying": comment out the old setting inline, to roll back easily).
 */
public final class LineMarks {

  private static final String WAS = "# register-migration: was: ";
  private static final String ADDED = " # register-migration: added";
  private static final String ADDED_BELOW = "# register-migration: the next line is added";

  private LineMarks() {}

  /** The lines of a text, each with its own line end; the last may have none. */
  public static List<String> lines(String text) {
    List<String> lines = new ArrayList<>();
    int start = 0;
    while (start < text.length()) {
      int newline = text.indexOf('\n', start);
      int end = newline < 0 ? text.length() : newline + 1;
      lines.add(text.substring(start, end));
      start = end;
    }
    return lines;
  }

  /** The line end that new lines of a text take: the one it begins with. */
  public static String lineEnd(String text) {
    int newline = text.indexOf('\n');
    return newline > 0 && text.charAt(newline - 1) == '\r' ? "\r\n" : "\n";
  }

  /** An old line, commented out behind its indentation. */
  public static String was(String line) {
    int indent = indentOf(line);
    return line.substring(0, indent) + WAS + line.substring(indent);
  }

  /** A new line, marked at its end. */
  public static String added(String content, String lineEnd) {
    return content + ADDED + lineEnd;
  }

  /** A new line of a file that knows no comments behind its directives, marked on a line before. */
  public static String addedBelow(String content, String lineEnd) {
    return ADDED_BELOW + lineEnd + content + lineEnd;
  }

  /** Whether anything in the text is ours. */
  public static boolean present(String text) {
    return text.contains(WAS) || text.contains(ADDED) || text.contains(ADDED_BELOW);
  }

  /** The text as it was before our edit; a text without marks is given back as it is. */
  public static String undo(String text) {
    StringBuilder before = new StringBuilder(text.length());
    boolean skip = false;
    for (String line : lines(text)) {
      String content = line.stripTrailing();
      if (skip || content.endsWith(ADDED)) {
        skip = false;
      } else if (content.equals(ADDED_BELOW)) {
        skip = true;
      } else if (line.startsWith(WAS, indentOf(line))) {
        int indent = indentOf(line);
        before.append(line, 0, indent).append(line, indent + WAS.length(), line.length());
      } else {
        before.append(line);
      }
    }
    return before.toString();
  }

  private static int indentOf(String line) {
    int indent = 0;
    while (indent < line.length() && (line.charAt(indent) == ' ' || line.charAt(indent) == '\t')) {
      indent++;
    }
    return indent;
  }
}
