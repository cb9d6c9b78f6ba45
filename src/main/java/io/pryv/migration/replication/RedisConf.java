package io.pryv.migration.replication;

import io.pryv.migration.machine.LineMarks;
import io.pryv.migration.machine.UnexpectedText;
import io.pryv.migration.redis.RedisSettings;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Source's redis.conf, and the edit that makes its Redis a replica at every start (procedure, "Set
 * the source register as replica", step 6). The file is edited, not rewritten: {@code CONFIG
 * REWRITE} cannot write a read-only mount (field guide, section 4).
 */
public final class RedisConf {

  private static final Pattern SAMPLE =
      Pattern.compile("\\s*#+\\s*(replicaof|slaveof)\\s+<.*", Pattern.CASE_INSENSITIVE);

  private RedisConf() {}

  /**
   * The file with the directive that makes Redis follow, below the commented sample if there is
   * one, else at the end. The same text if it is there already.
   *
   * @param redisVersion as {@code INFO server} says: below 5.0 the directive is {@code slaveof}
   * @throws UnexpectedText when the file makes it follow another master
   */
  public static String follow(String text, String host, int port, String redisVersion) {
    String master = host + " " + port;
    Optional<String> existing = RedisSettings.find(text, "replicaof");
    if (existing.isPresent()) {
      if (existing.get().equals(master)) {
        return text;
      }
      throw new UnexpectedText(
          "a master: no active replicaof or slaveof",
          "replicaof " + existing.get(),
          "see which Redis this one follows: source must be a master before it is turned round");
    }
    String edited = insert(text, nameFor(redisVersion) + " " + master);
    if (!RedisSettings.find(edited, "replicaof").equals(Optional.of(master))
        || !undo(edited).equals(text)) {
      throw new UnexpectedText(
          "a redis.conf to which a line can be added",
          "a shape this edit is not safe for",
          "add the line by hand, then retry: it is taken as it is");
    }
    return edited;
  }

  /** The file as it was before {@link #follow}, to the byte. */
  public static String undo(String text) {
    return LineMarks.undo(text);
  }

  private static String insert(String text, String directive) {
    List<String> lines = LineMarks.lines(text);
    String added = LineMarks.addedBelow(directive, LineMarks.lineEnd(text));
    int at = lines.size();
    for (int i = 0; i < lines.size() && at == lines.size(); i++) {
      if (SAMPLE.matcher(lines.get(i).stripTrailing()).matches()) {
        at = i + 1;
      }
    }
    if (at == lines.size() && !text.isEmpty() && !text.endsWith("\n")) {
      at--; // The last line has no end: what stands before it can be taken back to the byte.
    }
    lines.add(at, added);
    return String.join("", lines);
  }

  private static String nameFor(String redisVersion) {
    int dot = redisVersion.indexOf('.');
    int major = Integer.parseInt(dot < 0 ? redisVersion : redisVersion.substring(0, dot));
    return major < 5 ? "slaveof" : "replicaof";
  }
}
