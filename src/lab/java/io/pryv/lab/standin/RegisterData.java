package io.pryv.lab.standin;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The register's keys in Redis, as the one program behind both services knows them. */
final class RegisterData implements AutoCloseable {
  private static final String DB_VERSION = "0.1.1";
  private static final String WORDS_VERSION = "1";

  /** The original asks for all at once; a stand-in has less memory for the answers. */
  private static final int BATCH = 1_000;

  private final RedisLink redis;
  private final RegisterConfig config;

  RegisterData(RegisterConfig config) {
    this.config = config;
    redis = new RedisLink(config.redis().host(), config.redis().port());
  }

  /** The fixture of each start, which a Redis that refuses writes makes fail. */
  void writeFixture() throws IOException {
    Map<String, String> wactiv = new LinkedHashMap<>();
    wactiv.put("id", "0");
    wactiv.put("email", "wactiv@pryv.io");
    wactiv.put("username", "wactiv");
    get(create(wactiv, config.dns().domain()));
    if (get(redis.send("GET", "dbversion")).value() == null) {
      RegisterLog.info("database init to version :" + DB_VERSION);
      get(redis.send("SET", "dbversion", DB_VERSION));
    }
  }

  /** The list of names that nobody may have, which comes with the program. */
  void loadReservedWords() throws IOException {
    if (WORDS_VERSION.equals(get(redis.send("GET", "reservedwords:version")).value())) {
      RegisterLog.info("Reserved word list version: " + WORDS_VERSION + " is up to date");
      return;
    }
    get(redis.send("DEL", "reservedwords:version"));
    get(redis.send("DEL", "reservedwords:list"));
    int words = config.standIn().reservedWords();
    if (words > 0) {
      get(
          redis.send(
              Stream.concat(
                      Stream.of("SADD", "reservedwords:list"),
                      IntStream.rangeClosed(1, words).mapToObj("reserved%06d"::formatted))
                  .toArray(String[]::new)));
    }
    get(redis.send("SET", "reservedwords:version", WORDS_VERSION));
  }

  /** The look at every key that follows: for addresses and servers without their user. */
  void findGhosts() throws IOException {
    for (String kind : List.of("email", "server")) {
      List<?> keys = (List<?>) get(redis.send("KEYS", "*:" + kind)).value();
      for (int from = 0; from < keys.size(); from += BATCH) {
        findGhosts(kind, keys.subList(from, Math.min(from + BATCH, keys.size())));
      }
    }
  }

  private void findGhosts(String kind, List<?> keys) throws IOException {
    List<CompletableFuture<RedisLink.Reply>> values =
        keys.stream().map(key -> redis.send("GET", (String) key)).toList();
    List<String> names = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      String key = (String) keys.get(i);
      Object value = orNothing(values.get(i));
      names.add(
          kind.equals("email") ? String.valueOf(value) : key.substring(0, key.lastIndexOf(':')));
    }
    List<CompletableFuture<RedisLink.Reply>> users =
        names.stream().map(name -> redis.send("HGETALL", name + ":users")).toList();
    for (int i = 0; i < names.size(); i++) {
      if (!(orNothing(users.get(i)) instanceof List<?> user) || user.isEmpty()) {
        RegisterLog.warning(
            "Db structure %s cannot find user :%s".formatted(keys.get(i), names.get(i)));
      }
    }
  }

  /** The look at the keys is none of the things that the original dies of. */
  private static Object orNothing(CompletableFuture<RedisLink.Reply> reply) throws IOException {
    try {
      return get(reply).value();
    } catch (RedisError error) {
      RegisterLog.error("Redis: " + error.getMessage());
      return null;
    }
  }

  /** Writes a user: a question first, as the original, then all in one MULTI. */
  CompletableFuture<RedisLink.Reply> create(Map<String, String> user, String server) {
    String name = user.get("username").toLowerCase(Locale.ROOT);
    Map<String, String> fields = new LinkedHashMap<>(user);
    fields.put("registeredTimestamp", String.valueOf(System.currentTimeMillis()));
    fields.put("username", name);
    fields.put("email", user.get("email").toLowerCase(Locale.ROOT));
    return redis
        .send("HGET", name + ":users", "email")
        .thenCompose(reply -> store(name, fields, server, (String) reply.value()));
  }

  private CompletableFuture<RedisLink.Reply> store(
      String name, Map<String, String> fields, String server, String previousEmail) {
    List<String> hash = new ArrayList<>(List.of("HMSET", name + ":users"));
    fields.forEach((field, value) -> hash.addAll(List.of(field, value)));
    List<List<String>> commands = new ArrayList<>();
    commands.add(hash);
    commands.add(List.of("SET", name + ":server", server));
    if (previousEmail != null && !previousEmail.equals(fields.get("email"))) {
      commands.add(List.of("DEL", previousEmail + ":email"));
    }
    commands.add(List.of("SET", fields.get("email") + ":email", name));
    return redis.multi(commands);
  }

  boolean nameExists(String name) throws IOException {
    return get(redis.send("EXISTS", name + ":users")).value().equals(1L);
  }

  boolean emailExists(String email) throws IOException {
    return get(redis.send("EXISTS", email.toLowerCase(Locale.ROOT) + ":email")).value().equals(1L);
  }

  boolean nameReserved(String name) throws IOException {
    return name.startsWith("pryv")
        || config.dns().staticDataInDomain().containsKey(name)
        || get(redis.send("SISMEMBER", "reservedwords:list", name)).value().equals(1L);
  }

  CompletableFuture<String> server(String name) {
    return redis.send("GET", name + ":server").thenApply(reply -> (String) reply.value());
  }

  /** Waits for an answer for as long as it takes, as the real services do. */
  static <T> T get(CompletableFuture<T> answer) throws IOException {
    try {
      return answer.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RedisError refusal) {
        throw refusal;
      }
      throw new IOException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  @Override
  public void close() {
    redis.close();
  }
}
