package io.pryv.migration.redis;

import io.pryv.migration.machine.Notes;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.platform.StepFailure;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Those settings of a Redis that our steps change at run time, as they were before the first
 * change, kept on its machine: what was set for a while ({@code CONFIG SET}) stands in no file, and
 * what is forgotten of it shows only when it matters.
 */
public final class SettingsBefore {

  private static final String NOTE = "redis-settings";

  /** All that the steps and the switch set, by the names since Redis 5, and to what. */
  private static final Map<String, Set<String>> OURS =
      Map.of(
          "appendfsync", Set.of("always"),
          "auto-aof-rewrite-percentage", Set.of("0"),
          "min-replicas-max-lag", Set.of("10"),
          "min-replicas-to-write", Set.of("0", "99"),
          "no-appendfsync-on-rewrite", Set.of("no"),
          "repl-ping-replica-period", Set.of("3600"),
          "replica-read-only", Set.of("no"),
          "save", Set.of(""));

  private final String machine;
  private final Notes notes;

  public SettingsBefore(Shell shell, String migration) {
    this.machine = shell.machine().name();
    this.notes = new Notes(shell, migration);
  }

  /** Keeps them, unless they are kept already. */
  public void record(RedisServer redis) {
    if (!notes.has(NOTE)) {
      notes.put(
          NOTE,
          new TreeMap<>(redis.settings())
              .entrySet().stream()
                  .filter(setting -> OURS.containsKey(setting.getKey()))
                  .map(setting -> setting.getKey() + " " + setting.getValue())
                  .collect(Collectors.joining("\n")));
    }
  }

  /**
   * Sets again what differs now and has a value that our steps set, and proves it. Any other value
   * is somebody else's.
   *
   * @return what was set again, such as {@code replica-read-only: "no" → "yes"}, and what was not
   * @throws StepFailure when Redis does not take a value back
   */
  public List<String> restore(RedisServer redis) {
    Optional<String> kept = notes.read(NOTE);
    if (kept.isEmpty()) {
      return List.of();
    }
    Map<String, String> now = redis.settings();
    List<String> restored = new ArrayList<>();
    for (String line : kept.get().lines().toList()) {
      String[] setting = line.split(" ", 2);
      String name = setting[0];
      String before = setting.length > 1 ? setting[1] : "";
      String found = now.get(name);
      if (found == null || found.equals(before)) {
        continue;
      }
      if (OURS.getOrDefault(name, Set.of()).contains(found)) {
        set(redis, name, before);
        restored.add("%s: \"%s\" → \"%s\"".formatted(name, found, before));
      } else {
        restored.add(
            "%s: \"%s\", before \"%s\": changed by others, and left alone"
                .formatted(name, found, before));
      }
    }
    return restored;
  }

  private void set(RedisServer redis, String name, String value) {
    try {
      redis.configure(name, value);
    } catch (StepFailure olderName) {
      // Before Redis 5 there were slaves, and their settings were called so.
      if (!name.contains("replica")) {
        throw olderName;
      }
      redis.configure(name.replace("replica", "slave"), value);
    }
    String got = redis.settings().get(name);
    if (!value.equals(got)) {
      throw new StepFailure(
          machine,
          "Redis' setting " + name,
          "\"%s\", as before the first change".formatted(value),
          "\"%s\", also after CONFIG SET".formatted(got),
          "set it by hand (`redis-cli CONFIG SET` in its container), then retry");
    }
  }
}
