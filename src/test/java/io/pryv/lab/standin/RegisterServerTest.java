package io.pryv.lab.standin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RegisterServerTest {
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  private RedisProcess redis;
  private RedisLink link;
  private CoreServer core;
  private RegisterServer register;

  @BeforeEach
  void start() throws IOException {
    redis = RedisProcess.start();
    link = new RedisLink("127.0.0.1", redis.port());
    core = new CoreServer(new CoreServer.Config(0, "core1"));
    core.start();
    register = register();
    register.start();
  }

  @AfterEach
  void stop() {
    register.close();
    core.close();
    link.close();
    redis.close();
  }

  @Test
  void writesThreeKeysAndNamesTheRedisThatTookThem() throws Exception {
    HttpResponse<String> answer = post("/users", "alice1", "key");

    assertThat(answer.statusCode()).isEqualTo(201);
    assertThat((String) redis("INFO", "server"))
        .contains("run_id:" + answer.headers().firstValue(RegisterServer.RUN_ID).orElseThrow());
    assertThat(redis("HGET", "alice1:users", "email")).isEqualTo("alice1@pryv.lab");
    assertThat(redis("GET", "alice1:server")).isEqualTo("core1.pryv.lab");
    assertThat(redis("GET", "alice1@pryv.lab:email")).isEqualTo("alice1");
    assertThat(get("/alice1/server").body()).isEqualTo("{\"server\":\"core1.pryv.lab\"}");
  }

  @Test
  void refusesANameThatExistsAndAWrongKey() throws Exception {
    assertThat(post("/users", "wactiv", "key").statusCode()).isEqualTo(400);
    assertThat(post("/users", "alice1", "guess").statusCode()).isEqualTo(401);
  }

  @Test
  void tellsReservedNamesFromFreeOnes() throws Exception {
    assertThat(get("/wactiv/check_username").body()).isEqualTo("{\"reserved\":true}");
    assertThat(get("/nobody/check_username").body()).isEqualTo("{\"reserved\":false}");
    assertThat(get("/nobody/server").statusCode()).isEqualTo(404);
  }

  @Test
  void diesAtTheStartOnAReplica() throws Exception {
    try (RedisProcess master = RedisProcess.start()) {
      redis("REPLICAOF", "127.0.0.1", String.valueOf(master.port()));
      try (RegisterServer late = register()) {
        assertThatThrownBy(late::start).hasMessageStartingWith("READONLY");
      }
    }
  }

  @Test
  void diesAtTheStartBehindAFence() throws Exception {
    redis("CONFIG", "SET", "min-replicas-to-write", "99");
    try (RegisterServer late = register()) {
      assertThatThrownBy(late::start).hasMessageStartingWith("NOREPLICAS");
    }
  }

  @Test
  void survivesAFenceAndAnswers500() throws Exception {
    redis("CONFIG", "SET", "min-replicas-to-write", "99");
    assertThat(post("/users", "alice1", "key").statusCode()).isEqualTo(500);
    redis("CONFIG", "SET", "min-replicas-to-write", "0");
    assertThat(post("/users", "alice1", "key").statusCode()).isEqualTo(201);
  }

  @Test
  void losesAUserBetweenCoreAndRegisterWhenTheWriteIsRefused() throws Exception {
    redis("CONFIG", "SET", "min-replicas-to-write", "99");
    assertThat(post("/user", "alice1", "").statusCode()).isEqualTo(500);
    redis("CONFIG", "SET", "min-replicas-to-write", "0");
    assertThat(post("/user", "alice1", "").statusCode()).isEqualTo(400);
    assertThat(post("/user", "alice2", "").statusCode()).isEqualTo(200);
  }

  @Test
  void findsARedisThatComesBack() throws Exception {
    redis.kill();
    try (RedisProcess successor = RedisProcess.startOn(redis.port())) {
      assertThat(successor.port()).isEqualTo(redis.port());
      RedisLinkTest.await(() -> get("/wactiv/check_username").statusCode() == 200);
    }
  }

  private RegisterServer register() {
    return new RegisterServer(
        new RegisterServer.Config(
            "pryv.lab",
            0,
            new RegisterData.Address("127.0.0.1", redis.port()),
            "key",
            "core1.pryv.lab",
            "http://127.0.0.1:" + core.port()));
  }

  private Object redis(String... command) throws Exception {
    return link.send(command).get().value();
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + register.port() + path));
  }

  private HttpResponse<String> get(String path) throws Exception {
    return CLIENT.send(request(path).build(), HttpResponse.BodyHandlers.ofString());
  }

  private HttpResponse<String> post(String path, String name, String key) throws Exception {
    String body = "{\"username\":\"%s\",\"email\":\"%s@pryv.lab\"}".formatted(name, name);
    return CLIENT.send(
        request(path)
            .header("Authorization", key)
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }
}
