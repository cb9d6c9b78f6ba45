package io.pryv.migration.redis;

import io.pryv.migration.machine.LineMarks;
import io.pryv.migration.machine.UnexpectedText;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A redis.conf, and the edits that say in it what its Redis is at every start: a run-time fence or
 * replica is forgotten by a restart, which would bring back a second writer (field guide 3.16,
 * 3.17). The file is edited, not rewritten: {@code CONFIG REWRITE} cannot write a read-only mount
 * (field guide, section 4). Each edit begins at the operator's own text, whatever edit of ours it
 * holds.
 */
public final class RedisConf {

  /** More replicas than anybody has: no write is accepted. */
  static final String FENCE = "99";

  /** A lag of 0 would turn the fence off without a word (field guide 3.16); this is the default. */
  static final String USUAL_LAG = "10";

  private static final Pattern SAMPLE =
      Pattern.compile("\\s*#+\\s*(replicaof|slaveof)\\s+<.*", Pattern.CASE_INSENSITIVE);

  private RedisConf() {}

  /** The operator's own text, to the byte: a master that accepts writes. */
  public static String writer(String text) {
    return LineMarks.undo(text);
  }

  /**
   * The text with which Redis starts as a master that refuses every write ({@code
   * min-replicas-to-write}).
   *
   * @param redisVersion as {@code INFO server} says: below 5.0 the directives have older names
   * @throws UnexpectedText when the file makes it follow another master
   */
  public static String fenced(String text, String redisVersion) {
    String original = writer(text);
    refuseMaster(original);
    return proven(original, fence(endedLine(original), redisVersion), Optional.empty());
  }

  /**
   * The text with which Redis starts as a replica (procedure, "Set the source register as replica",
   * step 6) and stays fenced should it cease to be one. The directive stands below its commented
   * sample if there is one.
   *
   * @throws UnexpectedText when the file makes it follow another master
   */
  public static String replica(String text, String host, int port, String redisVersion) {
    String original = writer(text);
    refuseMaster(original);
    String master = host + " " + port;
    String directive = (old(redisVersion) ? "slaveof " : "replicaof ") + master;
    return proven(
        original, fence(follow(endedLine(original), directive), redisVersion), Optional.of(master));
  }

  private static void refuseMaster(String original) {
    Optional<String> existing = RedisSettings.master(original);
    if (existing.isPresent()) {
      throw new UnexpectedText(
          "a master: no active replicaof or slaveof",
          "replicaof " + existing.get(),
          "see which Redis this one follows: it must be a master before the migration");
    }
  }

  private static String proven(String original, String edited, Optional<String> master) {
    if (!RedisSettings.find(edited, "min-replicas-to-write").equals(Optional.of(FENCE))
        || !RedisSettings.find(edited, "min-replicas-max-lag").equals(Optional.of(USUAL_LAG))
        || !RedisSettings.master(edited).equals(master)
        || !writer(edited).equals(original)) {
      throw new UnexpectedText(
          "a redis.conf to which a line can be added",
          "a shape this edit is not safe for",
          "give the file's last line an end and let no other line of ours be in it, then retry");
    }
    return edited;
  }

  private static String follow(String original, String directive) {
    List<String> lines = LineMarks.lines(original);
    int at = end(lines);
    // What comes from another file, and whoever says "no one", must not have the last word.
    boolean last =
        RedisSettings.find(original, "include").isPresent()
            || RedisSettings.find(original, "replicaof").isPresent();
    for (int i = 0; i < lines.size() && !last; i++) {
      if (SAMPLE.matcher(lines.get(i).stripTrailing()).matches() && lines.get(i).endsWith("\n")) {
        at = i + 1;
        break;
      }
    }
    lines.add(at, LineMarks.addedBelow(directive, LineMarks.lineEnd(original)));
    return String.join("", lines);
  }

  /** At the end, since the last of several lines counts. */
  private static String fence(String text, String redisVersion) {
    String name = old(redisVersion) ? "min-slaves-" : "min-replicas-";
    String lineEnd = LineMarks.lineEnd(text);
    List<String> lines = LineMarks.lines(text);
    lines.add(
        end(lines),
        LineMarks.addedBelow(name + "to-write " + FENCE, lineEnd)
            + LineMarks.addedBelow(name + "max-lag " + USUAL_LAG, lineEnd));
    return String.join("", lines);
  }

  /**
   * The text with its last line, should that have no end, as a comment which has none either, and
   * again as a line above it: so that ours comes behind whatever it says.
   */
  private static String endedLine(String original) {
    List<String> lines = LineMarks.lines(original);
    int last = lines.size() - 1;
    if (last < 0 || lines.get(last).endsWith("\n") || !RedisSettings.says(lines.get(last))) {
      return original;
    }
    lines.set(
        last,
        LineMarks.addedBelow(lines.get(last), LineMarks.lineEnd(original))
            + LineMarks.was(lines.get(last)));
    return String.join("", lines);
  }

  /** Before a last line that has no end: what stands there can be taken back to the byte. */
  private static int end(List<String> lines) {
    int last = lines.size() - 1;
    return last >= 0 && !lines.get(last).endsWith("\n") ? last : lines.size();
  }

  /** The older names serve every version; they are used where the version is not known. */
  private static boolean old(String redisVersion) {
    if (redisVersion.isEmpty()) {
      return true;
    }
    int dot = redisVersion.indexOf('.');
    return Integer.parseInt(dot < 0 ? redisVersion : redisVersion.substring(0, dot)) < 5;
  }
}
