package io.pryv.migration.redis;

import io.pryv.migration.machine.Notes;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.platform.StepFailure;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * The files of a running Redis, which is to leave them alone while they are copied: it must neither
 * save its RDB nor rewrite its AOF by itself. What the settings for that were is kept on the
 * machine before they are changed. At the end of an AOF something may still be added: the deletion
 * of keys that expire, which no fence refuses.
 */
public final class RestingFiles {

  /** Of each setting, what keeps Redis from acting by itself. */
  private static final List<Map.Entry<String, String>> RESTING =
      List.of(Map.entry("save", ""), Map.entry("auto-aof-rewrite-percentage", "0"));

  private static final String NOTE = "redis-files-at-rest";
  private static final Duration LONGEST_WAIT = Duration.ofMinutes(2);
  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(20);

  private final String machine;
  private final Notes notes;

  public RestingFiles(Shell shell, String migration) {
    this.machine = shell.machine().name();
    this.notes = new Notes(shell, migration);
  }

  /**
   * Keeps Redis from beginning anything new, and waits until what it has begun has ended. Where the
   * RDB is all that it keeps, it goes on saving that: else a restart would lose what it holds.
   *
   * @return whether anything had to be done
   * @throws StepFailure when it can not write its files
   */
  public boolean begin(RedisServer redis) {
    boolean changed = false;
    if (keepsAof(redis)) {
      changed = keep(redis);
      for (Map.Entry<String, String> setting : RESTING) {
        if (!redis.setting(setting.getKey()).equals(setting.getValue())) {
          redis.configure(setting.getKey(), setting.getValue());
          changed = true;
        }
      }
    }
    awaitNothingBegun(redis);
    return changed;
  }

  /**
   * Waits until the files hold all that Redis does; of a fenced one, they then hold it for good.
   * Without an AOF it saves its RDB.
   */
  public void await(RedisServer redis) {
    awaitNothingBegun(redis);
    if (!keepsAof(redis)) {
      redis.save();
    }
    until(
        redis,
        persistence -> persistence.getOrDefault("aof_buffer_length", "0").equals("0"),
        "aof_buffer_length:0");
  }

  /**
   * Sets again what the settings were, if they were changed.
   *
   * @return whether anything had to be done
   */
  public boolean end(RedisServer redis) {
    Optional<String> kept = notes.read(NOTE);
    if (kept.isEmpty()) {
      return false;
    }
    List<String> values = kept.get().lines().toList();
    // A note that a power cut has emptied: Redis was started again, too, and has them from its
    // file.
    for (int i = 0; i < RESTING.size() && values.size() == RESTING.size(); i++) {
      String name = RESTING.get(i).getKey();
      String before = values.get(i).substring(name.length()).strip();
      if (!redis.setting(name).equals(before)) {
        redis.configure(name, before);
      }
    }
    notes.drop(NOTE);
    return true;
  }

  /** Whether settings are changed that {@link #end} has still to set again. */
  public boolean begun() {
    return notes.has(NOTE);
  }

  private boolean keep(RedisServer redis) {
    if (notes.has(NOTE)) {
      return false;
    }
    notes.put(
        NOTE,
        RESTING.stream()
            .map(setting -> setting.getKey() + " " + redis.setting(setting.getKey()))
            .collect(Collectors.joining("\n")));
    return true;
  }

  private static boolean keepsAof(RedisServer redis) {
    return "1".equals(redis.info("persistence").get("aof_enabled"));
  }

  private void awaitNothingBegun(RedisServer redis) {
    until(
        redis,
        persistence ->
            List.of("aof_rewrite_in_progress", "aof_rewrite_scheduled", "rdb_bgsave_in_progress")
                .stream()
                .allMatch(field -> persistence.getOrDefault(field, "0").equals("0")),
        "no rewrite of the AOF and no save under way");
  }

  private void until(RedisServer redis, Predicate<Map<String, String>> reached, String what) {
    long deadline = System.nanoTime() + LONGEST_WAIT.toNanos();
    while (true) {
      Map<String, String> persistence = redis.info("persistence");
      String status = persistence.getOrDefault("aof_last_write_status", "ok");
      if ("1".equals(persistence.get("aof_enabled")) && !status.equals("ok")) {
        throw failure("aof_last_write_status:ok", "aof_last_write_status:" + status);
      }
      if (reached.test(persistence)) {
        return;
      }
      if (System.nanoTime() - deadline >= 0 || Thread.currentThread().isInterrupted()) {
        throw failure(what, "not within " + LONGEST_WAIT.toSeconds() + " s: " + persistence);
      }
      LockSupport.parkNanos(BETWEEN_LOOKS.toNanos());
    }
  }

  private StepFailure failure(String expected, String found) {
    return new StepFailure(
        machine,
        "INFO persistence of Redis",
        expected,
        found,
        "see Redis' log and whether the disk is full; source is put back as it was");
  }
}
