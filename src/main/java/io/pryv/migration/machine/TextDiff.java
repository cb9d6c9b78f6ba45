package io.pryv.migration.machine;

import java.util.ArrayList;
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
    if (before.equals(after)) {
      return "";
    }
    List<Line> lines = compare(LineMarks.lines(before), LineMarks.lines(after));
    StringBuilder diff = new StringBuilder("--- " + file + "\n+++ " + file + "\n");
    int from = 0;
    while (from < lines.size()) {
      int first = nextChange(lines, from);
      if (first == lines.size()) {
        break;
      }
      int start = Math.max(from, first - CONTEXT);
      int last = first;
      int next = nextChange(lines, last + 1);
      while (next < lines.size() && next - last <= 2 * CONTEXT) {
        last = next;
        next = nextChange(lines, last + 1);
      }
      int end = Math.min(lines.size(), last + 1 + CONTEXT);
      appendHunk(diff, lines, start, end);
      from = end;
    }
    return diff.toString();
  }

  private static int nextChange(List<Line> lines, int from) {
    int next = from;
    while (next < lines.size() && lines.get(next).sign() == ' ') {
      next++;
    }
    return next;
  }

  private static void appendHunk(StringBuilder diff, List<Line> lines, int start, int end) {
    int beforeStart = count(lines, 0, start, '+');
    int afterStart = count(lines, 0, start, '-');
    diff.append(
        "@@ -%d,%d +%d,%d @@%n"
            .formatted(
                beforeStart + 1,
                count(lines, start, end, '+'),
                afterStart + 1,
                count(lines, start, end, '-')));
    for (Line line : lines.subList(start, end)) {
      diff.append(line.sign()).append(line.text().stripTrailing()).append('\n');
      if (!line.text().endsWith("\n")) {
        diff.append("\\ No newline at end of file\n");
      }
    }
  }

  /** How many lines of a range do not have that sign. */
  private static int count(List<Line> lines, int start, int end, char without) {
    int count = 0;
    for (Line line : lines.subList(start, end)) {
      count += line.sign() == without ? 0 : 1;
    }
    return count;
  }

  /** Longest common subsequence; configuration files are short. */
  private static List<Line> compare(List<String> before, List<String> after) {
    int[][] common = new int[before.size() + 1][after.size() + 1];
    for (int i = before.size() - 1; i >= 0; i--) {
      for (int j = after.size() - 1; j >= 0; j--) {
        common[i][j] =
            before.get(i).equals(after.get(j))
                ? common[i + 1][j + 1] + 1
                : Math.max(common[i + 1][j], common[i][j + 1]);
      }
    }
    List<Line> lines = new ArrayList<>();
    int i = 0;
    int j = 0;
    while (i < before.size() || j < after.size()) {
      if (i < before.size() && j < after.size() && before.get(i).equals(after.get(j))) {
        lines.add(new Line(' ', before.get(i)));
        i++;
        j++;
      } else if (j == after.size() || (i < before.size() && common[i + 1][j] >= common[i][j + 1])) {
        lines.add(new Line('-', before.get(i++)));
      } else {
        lines.add(new Line('+', after.get(j++)));
      }
    }
    return lines;
  }

  private record Line(char sign, String text) {}
}
