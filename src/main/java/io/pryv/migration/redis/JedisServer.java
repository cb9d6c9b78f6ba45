package io.pryv.migration.redis;

import io.pryv.migration.machine.Quote;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.platform.StepFailure;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import redis.clients.jedis.ClientSetInfoConfig;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.JedisSocketFactory;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.Response;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;
import redis.clients.jedis.params.ScanParams;
import redis.clients.jedis.resps.ScanResult;

/**
 * A Redis reached through its machine, with commands that Redis 3 to 7 understand. Reads go over
 * one connection through the SSH channel; what changes something is a changing command on the
 * machine.
 */
final class JedisServer implements RedisServer {

  private static final String FENCE_SETTING = "min-slaves-to-write";
  private static final String LAG_SETTING = "min-slaves-max-lag";
  private static final String FENCE_PROBE = "register-migration:fence-probe";
  private static final String FENCE_PROBE_SECONDS = "60";
  private static final long LOOK_AGAIN_MS = 20;
  private static final Duration SAVE_DEADLINE = Duration.ofMinutes(2);

  /** Keys of one SCAN: about a millisecond of the server's time. */
  private static final int SCAN_COUNT = 2000;

  private static final Duration ANSWER_DEADLINE = Duration.ofSeconds(20);
  private static final Set<String> SECRETS =
      Set.of("requirepass", "masterauth", "tls-key-file-pass", "tls-client-key-file-pass");
  private static final Pattern MULTI = Pattern.compile("addr=(\\S+).* multi=(-?\\d+)");

  // RESP2, and no CLIENT SETINFO: older servers know neither HELLO nor that.
  private static final JedisClientConfig CONFIG =
      DefaultJedisClientConfig.builder()
          .socketTimeoutMillis((int) ANSWER_DEADLINE.toMillis())
          .clientSetInfoConfig(ClientSetInfoConfig.DISABLED)
          .build();

  private final Shell shell;
  private final String host;
  private final int port;
  private final String machine;
  private final String address;
  private final RedisChanges changes;
  private final Jedis jedis;

  /**
   * Connects.
   *
   * @param host as the machine sees it, with the port
   */
  JedisServer(Shell shell, String host, int port) {
    this.shell = shell;
    this.host = host;
    this.port = port;
    machine = shell.machine().name();
    address = host + ":" + port;
    changes = new RedisChanges(shell, host, port);
    JedisSocketFactory sockets = () -> shell.connect(host, port);
    jedis = asking("connect", () -> new Jedis(sockets, CONFIG));
  }

  @Override
  public Map<String, String> info(String section) {
    String text;
    try {
      text = asking("INFO " + section, () -> jedis.info(section));
    } catch (StepFailure refused) {
      if (refused.found().contains("wrong number of arguments")) {
        throw tooOld(refused);
      }
      throw refused;
    }
    Map<String, String> fields = new HashMap<>();
    text.lines()
        .filter(line -> !line.startsWith("#"))
        .forEach(
            line -> {
              int colon = line.indexOf(':');
              if (colon > 0) {
                fields.put(line.substring(0, colon), line.substring(colon + 1).strip());
              }
            });
    return fields;
  }

  @Override
  public long lastingKeys() {
    return info("keyspace").values().stream().mapToLong(JedisServer::lasting).sum();
  }

  /** A database as {@code INFO keyspace} tells it: {@code keys=5,expires=1,avg_ttl=0}. */
  private static long lasting(String database) {
    Map<String, Long> counts = new HashMap<>();
    for (String count : database.split(",", -1)) {
      String[] words = count.split("=", 2);
      if (words.length == 2 && words[1].matches("[0-9]{1,18}")) {
        counts.put(words[0], Long.parseLong(words[1]));
      }
    }
    return counts.getOrDefault("keys", 0L) - counts.getOrDefault("expires", 0L);
  }

  @Override
  public KeyCounts countKeys() {
    KeyCounter counter = new KeyCounter(asking("DBSIZE", jedis::dbSize));
    scan(
        keys -> {
          List<byte[]> others = counter.count(keys);
          if (!others.isEmpty()) {
            Pipeline pipeline = jedis.pipelined();
            List<Response<Long>> lives = others.stream().map(pipeline::pttl).toList();
            pipeline.sync();
            lives.forEach(life -> counter.countOther(life.get()));
          }
        });
    return counter.counts();
  }

  @Override
  public KeyComparison compareUsersWith(RedisServer other) {
    return compare(UserComparison.byValue(this, peer(other)));
  }

  @Override
  public KeyComparison findUsersIn(RedisServer other) {
    return compare(UserComparison.byPresence(this, peer(other)));
  }

  private static JedisServer peer(RedisServer other) {
    if (!(other instanceof JedisServer peer)) {
      throw new IllegalArgumentException("not a server that can be read: " + other);
    }
    return peer;
  }

  private KeyComparison compare(UserComparison users) {
    try (UserComparison comparison = users) {
      scan(comparison::compare);
      return comparison.result();
    }
  }

  @Override
  public List<String> sampleUsers(int count, long seed) {
    TreeSet<Drawn> sample =
        new TreeSet<>(Comparator.comparingLong(Drawn::lot).thenComparing(Drawn::name));
    scan(
        keys -> {
          for (byte[] key : keys) {
            String text = new String(key, StandardCharsets.UTF_8);
            if (text.endsWith(":users")) {
              String name = text.substring(0, text.length() - ":users".length());
              if (!name.equals(KeyComparison.FIXTURE_USER)) {
                sample.add(new Drawn(Hash.of(key, seed), name));
              }
            }
          }
          while (sample.size() > count) {
            sample.pollLast();
          }
        });
    return sample.stream().map(Drawn::name).sorted().toList();
  }

  /** One command on the machine raises it and proves it. */
  @Override
  public void fence(Duration longestMulti) {
    String before = setting(FENCE_SETTING);
    // A lag of 0 turns the whole check off without a word.
    String lag =
        setting(LAG_SETTING).equals("0")
            ? script(RedisChanges.line("CONFIG", "SET", LAG_SETTING, RedisConf.USUAL_LAG))
            : "";
    String purpose = "fence it (%s was %s, role %s)".formatted(FENCE_SETTING, before, role());
    List<String> replies =
        changes.run(
            purpose,
            lag
                + script(RedisChanges.line("CONFIG", "SET", FENCE_SETTING, RedisConf.FENCE))
                + script(RedisChanges.line("SET", FENCE_PROBE, "1", "EX", FENCE_PROBE_SECONDS))
                + "[ \"$reply\" != +OK ] || "
                + script(RedisChanges.line("DEL", FENCE_PROBE)));
    int settings = lag.isEmpty() ? 1 : 2;
    for (String reply : replies.subList(0, Math.min(settings, replies.size()))) {
      requireOk(purpose, reply);
    }
    proveRefusal(replies.get(settings));
    awaitNoMulti(longestMulti);
  }

  @Override
  public void liftFence() {
    configure(FENCE_SETTING, "0");
  }

  @Override
  public boolean fenced() {
    return Integer.parseInt(setting(FENCE_SETTING)) >= Integer.parseInt(RedisConf.FENCE)
        && !setting(LAG_SETTING).equals("0");
  }

  @Override
  public void follow(String host, int port) {
    change(
        "follow %s:%d (role %s)".formatted(host, port, role()),
        script(RedisChanges.line("SLAVEOF", host, String.valueOf(port))) + "now_is\n");
  }

  @Override
  public void promote() {
    change(
        "promote it: SLAVEOF NO ONE (role %s)".formatted(role()),
        script("SLAVEOF NO ONE") + "now_is\n");
  }

  @Override
  public void save() {
    change("save its RDB: BGSAVE", script("BGSAVE"));
    long deadline = System.nanoTime() + SAVE_DEADLINE.toNanos();
    Map<String, String> persistence = info("persistence");
    while (persistence.get("rdb_bgsave_in_progress").equals("1")
        && System.nanoTime() - deadline < 0
        && !Thread.currentThread().isInterrupted()) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(LOOK_AGAIN_MS));
      persistence = info("persistence");
    }
    String found =
        persistence.get("rdb_bgsave_in_progress").equals("1")
            ? "still under way after " + SAVE_DEADLINE.toSeconds() + " s"
            : persistence.get("rdb_last_bgsave_status");
    if (!found.equals("ok")) {
      throw new StepFailure(
          machine,
          "BGSAVE at " + address,
          "rdb_last_bgsave_status:ok",
          found,
          "see Redis' log and whether the disk is full");
    }
  }

  @Override
  public Map<String, String> settings() {
    Map<String, String> all = new HashMap<>();
    asking("CONFIG GET *", () -> jedis.configGet("*"))
        .forEach((name, value) -> all.put(RedisSettings.today(name), value));
    all.keySet().removeAll(SECRETS);
    return all;
  }

  @Override
  public List<String> unknownOf(List<String> commands) {
    List<byte[]> words = new ArrayList<>(List.of("INFO".getBytes(StandardCharsets.US_ASCII)));
    commands.forEach(command -> words.add(command.getBytes(StandardCharsets.US_ASCII)));
    Object known =
        asking(
            "COMMAND INFO",
            () -> jedis.sendCommand(Protocol.Command.COMMAND, words.toArray(byte[][]::new)));
    List<?> answers = (List<?>) known;
    return IntStream.range(0, commands.size())
        .filter(i -> answers.get(i) == null)
        .mapToObj(commands::get)
        .toList();
  }

  @Override
  public String setting(String name) {
    return asking("CONFIG GET " + name, () -> jedis.configGet(name)).values().stream()
        .findFirst()
        .orElse("");
  }

  @Override
  public void configure(String name, String value) {
    change(
        "CONFIG SET %s \"%s\" (it was \"%s\")".formatted(name, value, setting(name)),
        script(RedisChanges.line("CONFIG", "SET", name, value)));
  }

  @Override
  public void set(String key, String value) {
    change("SET " + key, script(RedisChanges.line("SET", key, value)));
  }

  @Override
  public void set(String key, String value, Duration life) {
    change(
        "SET " + key,
        script(RedisChanges.line("SET", key, value, "PX", String.valueOf(life.toMillis()))));
  }

  @Override
  public String get(String key) {
    return asking("GET " + key, () -> jedis.get(key));
  }

  @Override
  public void delete(String key) {
    change("DEL " + key, script(RedisChanges.line("DEL", key)));
  }

  @Override
  public boolean refusesWrites() {
    List<String> replies =
        changes.run(
            "see whether it refuses a write",
            script(RedisChanges.line("SET", FENCE_PROBE, "1", "EX", FENCE_PROBE_SECONDS))
                + "[ \"$reply\" != +OK ] || "
                + script(RedisChanges.line("DEL", FENCE_PROBE)));
    return refusal(replies.get(0));
  }

  @Override
  public int takeFixtureOf(RedisServer other) {
    if (!(other instanceof JedisServer peer)) {
      throw new IllegalArgumentException("not a server that can be read: " + other);
    }
    TreeSet<String> names = new TreeSet<>(fixtureKeys());
    names.addAll(peer.fixtureKeys());
    List<byte[]> keys = names.stream().map(name -> name.getBytes(StandardCharsets.UTF_8)).toList();
    List<StoredValue> here = read(keys);
    List<StoredValue> there = peer.read(keys);
    int differed = 0;
    for (int i = 0; i < keys.size(); i++) {
      if (!here.get(i).equals(there.get(i))) {
        take(new String(keys.get(i), StandardCharsets.UTF_8), peer);
        differed++;
      }
    }
    return differed;
  }

  private void take(String key, JedisServer peer) {
    StringBuilder script = new StringBuilder(script(RedisChanges.line("DEL", key)));
    if (KeyKind.of(key.getBytes(StandardCharsets.UTF_8)) == KeyKind.USER) {
      List<String> words = new ArrayList<>(List.of("HMSET", key));
      peer.asking("HGETALL " + key, () -> peer.jedis.hgetAll(key))
          .forEach((field, value) -> words.addAll(List.of(field, value)));
      if (words.size() > 2) {
        script.append(script(RedisChanges.line(words.toArray(String[]::new))));
      }
    } else {
      String value = peer.get(key);
      if (value != null) {
        script.append(script(RedisChanges.line("SET", key, value)));
      }
    }
    String about = "take " + key + " as " + peer.machine + " holds it";
    changes.run(about, script.toString()).forEach(reply -> requireOk(about, reply));
  }

  private List<String> fixtureKeys() {
    List<String> keys =
        new ArrayList<>(
            List.of(
                "dbversion",
                KeyComparison.FIXTURE_USER + ":users",
                KeyComparison.FIXTURE_USER + ":server"));
    String email = asking("HGET", () -> jedis.hget(KeyComparison.FIXTURE_USER + ":users", "email"));
    if (email != null) {
      keys.add(email + ":email");
    }
    return keys;
  }

  @Override
  public void close() {
    try {
      jedis.close();
    } catch (JedisException e) {
      // Nothing was left to say to it.
    }
  }

  /** Another connection to the same server. */
  JedisServer again() {
    return new JedisServer(shell, host, port);
  }

  /** Reads the values of keys; one that vanished has none. */
  List<StoredValue> read(List<byte[]> keys) {
    return asking(
        "read " + keys.size() + " keys",
        () -> {
          Pipeline pipeline = jedis.pipelined();
          List<Response<Object>> replies = new ArrayList<>(keys.size());
          for (byte[] key : keys) {
            replies.add(
                pipeline.sendCommand(
                    KeyKind.of(key) == KeyKind.USER
                        ? Protocol.Command.HGETALL
                        : Protocol.Command.GET,
                    key));
          }
          pipeline.sync();
          List<StoredValue> values = new ArrayList<>(keys.size());
          for (int i = 0; i < keys.size(); i++) {
            values.add(value(keys.get(i), replies.get(i)));
          }
          return values;
        });
  }

  private StoredValue value(byte[] key, Response<Object> reply) {
    try {
      return StoredValue.of(reply.get());
    } catch (JedisDataException e) {
      if (!String.valueOf(e.getMessage()).startsWith("WRONGTYPE")) {
        throw e;
      }
      // Named like a user's key but of another type: its serialised form will do.
      return StoredValue.of(jedis.dump(key));
    }
  }

  private void scan(Consumer<List<byte[]>> page) {
    ScanParams params = new ScanParams().count(SCAN_COUNT);
    byte[] cursor = ScanParams.SCAN_POINTER_START_BINARY;
    do {
      byte[] from = cursor;
      ScanResult<byte[]> result = asking("SCAN", () -> jedis.scan(from, params));
      asking(
          "read keys",
          () -> {
            page.accept(result.getResult());
            return page;
          });
      cursor = result.getCursorAsBytes();
    } while (!new String(cursor, StandardCharsets.US_ASCII).equals("0"));
  }

  /** A MULTI queued before the fence still executes after it (field guide 3.16). */
  private void awaitNoMulti(Duration longest) {
    long deadline = System.nanoTime() + longest.toNanos();
    for (Optional<String> found = clientInMulti(); found.isPresent(); found = clientInMulti()) {
      String inside = found.get();
      if (System.nanoTime() - deadline > 0) {
        throw new StepFailure(
            machine,
            "Redis at " + address + ": CLIENT LIST",
            "no client inside a MULTI that was queued before the fence",
            inside + " has been inside one for " + longest.toSeconds() + " s; the fence is" + " up",
            "find out what that client is and end it (CLIENT KILL "
                + inside
                + "), then retry the"
                + " step");
      }
      try {
        TimeUnit.MILLISECONDS.sleep(LOOK_AGAIN_MS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw refused("CLIENT LIST", "this program is being stopped", e);
      }
    }
  }

  @Override
  public Optional<String> clientInMulti() {
    for (String client : asking("CLIENT LIST", () -> jedis.clientList()).lines().toList()) {
      Matcher found = MULTI.matcher(client);
      if (found.find() && !found.group(2).equals("-1")) {
        return Optional.of(found.group(1));
      }
    }
    return Optional.empty();
  }

  private static String script(String line) {
    return "redis " + Quote.sh(line) + "\n";
  }

  /** Runs a script whose first line printed is the reply to what it is about. */
  private void change(String about, String script) {
    List<String> replies = changes.run(about, script);
    requireOk(about, replies.isEmpty() ? "" : replies.get(0));
  }

  private void requireOk(String about, String reply) {
    if (!reply.startsWith("+") && !reply.startsWith(":")) {
      throw refused(about, reply.replaceFirst("^-", ""), null);
    }
  }

  /** For the journal: what it was before it is changed. */
  private String role() {
    Map<String, String> now = info("replication");
    return "slave".equals(now.get("role"))
        ? "replica of " + now.get("master_host") + ":" + now.get("master_port")
        : String.valueOf(now.get("role"));
  }

  /** A replica refuses whoever is not its master, fence or not. */
  private static boolean refusal(String reply) {
    return reply.startsWith("-NOREPLICAS") || reply.startsWith("-READONLY");
  }

  private void proveRefusal(String reply) {
    if (refusal(reply)) {
      return;
    }
    throw new StepFailure(
        machine,
        "Redis at "
            + address
            + ": a write behind the fence ("
            + FENCE_SETTING
            + " "
            + RedisConf.FENCE
            + ")",
        "a refusal (NOREPLICAS)",
        reply.equals("+OK") ? "it was accepted" : reply,
        "see whether somebody else changes " + FENCE_SETTING + " there, then retry the step");
  }

  private <T> T asking(String about, Supplier<T> question) {
    try {
      return question.get();
    } catch (JedisDataException e) {
      throw refused(about, String.valueOf(e.getMessage()), e);
    } catch (JedisConnectionException e) {
      throw refused(about, "no answer: " + rootMessage(e), e);
    } catch (JedisException e) {
      throw refused(about, String.valueOf(e.getMessage()), e);
    }
  }

  /** INFO takes a section since 2.6; SCAN, by which keys are read, came with 2.8. */
  private StepFailure tooOld(StepFailure refused) {
    return new StepFailure(
        machine,
        "Redis at " + address,
        "Redis 2.8 or newer is needed",
        "an older one: " + refused.found(),
        "upgrade it before the migration, as the platform's vendor did in November 2018",
        refused);
  }

  private StepFailure refused(String about, String found, Exception cause) {
    return new StepFailure(
        machine,
        "Redis at " + address + ": " + about,
        "its answer",
        found,
        "see that the redis container runs and what its log says, then retry the step",
        cause);
  }

  private static String rootMessage(Throwable e) {
    Throwable root = e;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return String.valueOf(root.getMessage());
  }

  /** A user in the draw for the sample: the lowest lots are in. */
  private record Drawn(long lot, String name) {}
}
