package io.pryv.migration.redis;

import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.BiPredicate;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * A Redis in memory. A replica shows what its master holds at once, while the link is up; a link
 * that is down leaves it with what it had.
 */
public class FakeRedis implements RedisServer {

  private final String machine;
  private final Map<String, String> info = new HashMap<>();
  private final Map<String, String> settings = new HashMap<>();
  private final Map<String, FakeRedis> reachable = new HashMap<>();
  private Map<String, Object> keys = new TreeMap<>();
  private FakeRedis master;
  private String masterAddress = "";
  private boolean linkUp;
  private boolean fenced;
  private boolean down;
  private String inMulti = "";
  private int saves;

  /** An empty, unfenced master of version 5.0.2. */
  public FakeRedis(String machine) {
    this.machine = machine;
    info.put("redis_version", "5.0.2");
    info.put("run_id", "run-" + machine);
    info.put("loading", "0");
    info.put("aof_enabled", "1");
    info.put("aof_rewrite_in_progress", "0");
    info.put("aof_rewrite_scheduled", "0");
    info.put("aof_last_bgrewrite_status", "ok");
    info.put("master_repl_offset", "100");
    info.put("slave_read_only", "1");
    settings.put("repl-ping-slave-period", "10");
  }

  /** A door to the fakes, by the machines' names. */
  public static RedisDoor door(FakeRedis... servers) {
    return register ->
        Stream.of(servers)
            .filter(server -> server.machine.equals(register.machine().name()))
            .findFirst()
            .orElseThrow(() -> new IllegalArgumentException("no Redis on " + name(register)));
  }

  private static String name(Register register) {
    return register.machine().name();
  }

  /** The three keys of a user. */
  public FakeRedis user(String name, String email, String core) {
    keys().put(name + ":users", Map.of("username", name, "email", email, "server", core));
    keys().put(name + ":server", core);
    keys().put(email + ":email", name);
    return this;
  }

  /** What the register writes at each start. */
  public FakeRedis fixture(String core) {
    keys().put("dbversion", "0.1.3");
    return user(KeyComparison.FIXTURE_USER, KeyComparison.FIXTURE_USER + "@pryv.lab", core);
  }

  /** A line of INFO from now on. */
  public FakeRedis says(String field, String value) {
    info.put(field, value);
    return this;
  }

  /** What it finds behind an address when it is told to follow it. */
  public FakeRedis reaches(String host, int port, FakeRedis other) {
    reachable.put(host + ":" + port, other);
    return this;
  }

  /** Cuts the link to its master, or mends it. */
  public FakeRedis link(boolean up) {
    if (linkUp && !up) {
      keys = new TreeMap<>(keys());
    }
    linkUp = up;
    return this;
  }

  /** Whether it refuses every command, as a stopped one does. */
  public FakeRedis down(boolean isDown) {
    down = isDown;
    return this;
  }

  @Override
  public Map<String, String> info(String section) {
    refuseWhenDown();
    Map<String, String> all = new HashMap<>(info);
    if (master == null) {
      all.put("role", "master");
    } else {
      int colon = masterAddress.lastIndexOf(':');
      all.put("role", "slave");
      all.put("master_host", masterAddress.substring(0, colon));
      all.put("master_port", masterAddress.substring(colon + 1));
      all.put("master_link_status", linkUp ? "up" : "down");
      all.put("master_last_io_seconds_ago", linkUp ? "0" : "-1");
      all.putIfAbsent("slave_repl_offset", master.info.get("master_repl_offset"));
    }
    return all;
  }

  @Override
  public KeyCounts countKeys() {
    refuseWhenDown();
    return new KeyCounts(
        count(KeyKind.USER),
        count(KeyKind.SERVER),
        count(KeyKind.EMAIL),
        count(KeyKind.INACTIVE),
        count(KeyKind.OTHER),
        0);
  }

  @Override
  public long lastingKeys() {
    KeyCounts counts = countKeys();
    return counts.users()
        + counts.servers()
        + counts.emails()
        + counts.inactive()
        + counts.lasting();
  }

  @Override
  public KeyComparison compareUsersWith(RedisServer other) {
    return compare((FakeRedis) other, KeyKind::ofUsers, Object::equals);
  }

  @Override
  public KeyComparison findUsersIn(RedisServer other) {
    return compare((FakeRedis) other, KeyKind::named, (here, there) -> there != null);
  }

  private KeyComparison compare(
      FakeRedis peer, Predicate<KeyKind> looksAt, BiPredicate<Object, Object> same) {
    refuseWhenDown();
    peer.refuseWhenDown();
    List<String> compared =
        keys().keySet().stream().filter(key -> looksAt.test(kind(key))).toList();
    List<String> differing =
        compared.stream().filter(key -> !same.test(keys().get(key), peer.keys().get(key))).toList();
    return new KeyComparison(
        compared.size(), differing.size(), differing.stream().limit(10).toList());
  }

  @Override
  public void fence(Duration longestMulti) {
    refuseWhenDown();
    fenced = true;
    settings.put("min-slaves-to-write", "99");
  }

  /** Another client begins a transaction, or ends it. */
  public FakeRedis inMulti(String client) {
    inMulti = client;
    return this;
  }

  @Override
  public Optional<String> clientInMulti() {
    refuseWhenDown();
    return Optional.of(inMulti).filter(client -> !client.isEmpty());
  }

  @Override
  public void liftFence() {
    refuseWhenDown();
    fenced = false;
    settings.put("min-slaves-to-write", "0");
  }

  @Override
  public boolean fenced() {
    refuseWhenDown();
    return fenced;
  }

  @Override
  public boolean refusesWrites() {
    refuseWhenDown();
    return fenced || (master != null && info.get("slave_read_only").equals("1"));
  }

  /** What a replica of this kind writes itself is not kept: it always shows what its master has. */
  @Override
  public int takeFixtureOf(RedisServer other) {
    refuseWhenDown();
    ((FakeRedis) other).refuseWhenDown();
    return 0;
  }

  @Override
  public void follow(String host, int port) {
    refuseWhenDown();
    masterAddress = host + ":" + port;
    FakeRedis found = reachable.get(masterAddress);
    linkUp = found != null;
    master = found == null ? this : found;
  }

  @Override
  public void promote() {
    refuseWhenDown();
    keys = new TreeMap<>(keys());
    master = null;
  }

  @Override
  public void save() {
    refuseWhenDown();
    saves++;
  }

  /** How often its RDB was saved. */
  public int saves() {
    return saves;
  }

  @Override
  public Map<String, String> settings() {
    refuseWhenDown();
    Map<String, String> all = new HashMap<>();
    settings.forEach((name, value) -> all.put(name.replace("slave", "replica"), value));
    return all;
  }

  @Override
  public List<String> unknownOf(List<String> commands) {
    refuseWhenDown();
    return List.of();
  }

  @Override
  public String setting(String name) {
    refuseWhenDown();
    return settings.getOrDefault(name.replace("replica", "slave"), "");
  }

  @Override
  public void configure(String name, String value) {
    refuseWhenDown();
    settings.put(name.replace("replica", "slave"), value);
    if (name.endsWith("-read-only")) {
      info.put("slave_read_only", value.equals("yes") ? "1" : "0");
    }
  }

  @Override
  public void set(String key, String value) {
    refuseWhenDown();
    if (master != null) {
      throw refusal("READONLY You can't write against a read only replica.");
    }
    if (fenced) {
      throw refusal("NOREPLICAS Not enough good replicas to write.");
    }
    keys().put(key, value);
  }

  @Override
  public void set(String key, String value, Duration life) {
    set(key, value);
  }

  @Override
  public List<String> sampleUsers(int count, long seed) {
    refuseWhenDown();
    return keys().keySet().stream()
        .filter(key -> key.endsWith(":users"))
        .map(key -> key.substring(0, key.length() - ":users".length()))
        .filter(name -> !name.equals(KeyComparison.FIXTURE_USER))
        .sorted(Comparator.comparing(name -> new Random(seed ^ name.hashCode()).nextInt()))
        .limit(count)
        .sorted()
        .toList();
  }

  @Override
  public String get(String key) {
    refuseWhenDown();
    Object value = keys().get(key);
    if (value != null && !(value instanceof String)) {
      throw refusal("WRONGTYPE Operation against a key holding the wrong kind of value");
    }
    return (String) value;
  }

  @Override
  public void delete(String key) {
    refuseWhenDown();
    if (master != null) {
      throw refusal("READONLY You can't write against a read only replica.");
    }
    keys().remove(key);
  }

  @Override
  public void close() {
    // Nothing is open.
  }

  private Map<String, Object> keys() {
    return master != null && master != this && linkUp ? master.keys() : keys;
  }

  private long count(KeyKind kind) {
    return keys().keySet().stream().filter(key -> kind(key) == kind).count();
  }

  private static KeyKind kind(String key) {
    return KeyKind.of(key.getBytes(StandardCharsets.UTF_8));
  }

  private void refuseWhenDown() {
    if (down) {
      throw refusal("connection refused");
    }
  }

  private StepFailure refusal(String found) {
    return new StepFailure(machine, "Redis", "an answer", found, "see that it runs");
  }
}
