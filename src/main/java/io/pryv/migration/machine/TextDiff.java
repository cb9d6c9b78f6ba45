package io.pryv.migration.machine;

import com.github.difflib.DiffUtils;
import com.github.difflib.UnifiedDiffUtils;
import java.util.List;

/** The difference between two versions of a file, as operators read it ({@code diff -u}). */
public final class TextDiff {

  private static final int CONTEXT = 3;

  private TextDiff() {}

  /**
   * A unified diff; empty when the texts are equal.
   *
   * @param file named in its head
   */
  public static String unified(String file, String before, String after) {
    List<String> old = LineMarks.lines(before);
    List<String> lines =
        UnifiedDiffUtils.generateUnifiedDiff(
            file, file, old, DiffUtils.diff(old, LineMarks.lines(after)), CONTEXT);
    StringBuilder diff = new StringBuilder();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      diff.append(line.stripTrailing()).append('\n');
      if (i >= 2 && !line.startsWith("@@") && !line.endsWith("\n")) {
        diff.append("\\ No newline at end of file\n");
      }
    }
    return diff.toString();
  }
}
