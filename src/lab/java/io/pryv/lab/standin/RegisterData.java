package io.pryv.lab.standin;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** The register's keys in Redis, as both of its services know them. */
final class RegisterData implements AutoCloseable {
  private static final String FIXTURE = "wactiv";

  private final RedisLink redis;
  private final String domain;

  RegisterData(Address redis, String domain) {
    this.redis = new RedisLink(redis.host, redis.port);
    this.domain = domain;
  }

  /** Where Redis is. */
  record Address(
      @JsonProperty(required = true) String host, @JsonProperty(required = true) int port) {}

  /** What every start does: a write that a replica refuses, then a look at every key. */
  void prepare(String core) throws IOException {
    Map<String, String> fixture = new LinkedHashMap<>();
    fixture.put("username", FIXTURE);
    fixture.put("email", FIXTURE + "@" + domain);
    fixture.put("language", "fr");
    fixture.put("invitationtoken", "enjoy");
    fixture.put("registeredTimestamp", "1392048120000");
    get(create(fixture, core));
    get(redis.send("SET", "dbversion", "1"));
    scan();
  }

  CompletableFuture<RedisLink.Reply> create(Map<String, String> user, String core) {
    String name = user.get("username");
    List<String> hash = new ArrayList<>(List.of("HMSET", name + ":users"));
    user.forEach((field, value) -> hash.addAll(List.of(field, value)));
    hash.addAll(List.of("server", core));
    return redis.multi(
        List.of(
            hash,
            List.of("SET", name + ":server", core),
            List.of("SET", user.get("email") + ":email", name)));
  }

  boolean nameExists(String name) throws IOException {
    return get(redis.send("EXISTS", name + ":users")).value().equals(1L);
  }

  boolean emailExists(String email) throws IOException {
    return get(redis.send("EXISTS", email + ":email")).value().equals(1L);
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

  private void scan() throws IOException {
    String cursor = "0";
    do {
      List<?> answer = (List<?>) get(redis.send("SCAN", cursor, "COUNT", "1000")).value();
      cursor = (String) answer.get(0);
    } while (!cursor.equals("0"));
  }
}
