package io.pryv.lab.standin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The register's HTTP side. Each test names the line of the vendor's source (service-register
 * 1.3.43 unless said) that it stands for.
 */
class RegisterServerTest {
  private static final HttpClient CLIENT =
      HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NEVER).build();

  private RedisProcess redis;
  private RedisLink link;
  private CoreServer core;
  private RegisterServer register;

  @BeforeEach
  void start() throws IOException {
    redis = RedisProcess.start();
    link = new RedisLink("127.0.0.1", redis.port());
    core = new CoreServer(new CoreServer.Config(0, "core1", 0));
    core.start();
    register = SmallRegister.of(redis.port(), core.port());
    register.start();
  }

  @AfterEach
  void stop() {
    register.close();
    core.close();
    link.close();
    redis.close();
  }

  /** routes/users.js, POST /user; storage/users.js, create; storage/database.js, _storeUser. */
  @Test
  void createsAUserAtTheCoreAndThenWritesThreeKeysAndNamesTheRedisThatTookThem() throws Exception {
    HttpResponse<String> answer = create("Alice1");

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo("{\"username\":\"alice1\",\"server\":\"alice1.pryv.lab\"}");
    assertThat((String) redis("INFO", "server"))
        .contains("run_id:" + answer.headers().firstValue(RegisterServer.RUN_ID).orElseThrow());
    assertThat(redis("HGET", "alice1:users", "email")).isEqualTo("alice1@mail.example");
    assertThat(redis("HGET", "alice1:users", "appid")).isEqualTo("lab-traffic");
    assertThat((String) redis("HGET", "alice1:users", "id")).startsWith("c");
    assertThat((List<?>) redis("HKEYS", "alice1:users"))
        .as("no password")
        .noneMatch(
            field -> String.valueOf(field).toLowerCase(java.util.Locale.ROOT).contains("password"));
    assertThat(redis("GET", "alice1:server")).isEqualTo("core1.pryv.lab");
    assertThat(redis("GET", "alice1@mail.example:email")).isEqualTo("alice1");
  }

  /** storage/users.js, create: no answer of the vendor's has a header of ours. */
  @Test
  void namesNoRedisWhenItIsToBeLikeTheOriginal() throws Exception {
    register.close();
    register = register("\"anonymous\":true");
    register.start();
    assertThat(create("alice1").headers().firstValue(RegisterServer.RUN_ID)).isEmpty();
  }

  /** routes/users.js, POST /user: what is checked, in this order. */
  @Test
  void refusesWhatIsMissingOrWrong() throws Exception {
    String good = SmallRegister.newUser("alice1");
    assertRefused(good.replace("lab.ch", "x"), "INVALID_HOSTING");
    assertRefused(good.replace("lab.ch", "full.ch"), "UNAVAILABLE_HOSTING");
    assertRefused(good.replace("lab-traffic", "short"), "INVALID_APPID");
    assertRefused(good.replace("\"alice1\"", "\"a_1\""), "INVALID_USER_NAME");
    assertRefused(good.replace("correct horse", "short"), "INVALID_PASSWORD");
    assertRefused(good.replace("\"en\"", "\"klingon\""), "INVALID_LANGUAGE");
    assertRefused(good.replace("\"email\"", "\"mail\""), "INVALID_EMAIL");
  }

  /** routes/users.js, POST /user, existsList. */
  @Test
  void refusesANameOrAnAddressThatExistsAndTellsBoth() throws Exception {
    create("alice1");
    assertRefused(
        SmallRegister.newUser("alice1").replace("alice1@", "other@"), "EXISTING_USER_NAME");
    assertRefused(SmallRegister.newUser("alice2").replace("alice2@", "alice1@"), "EXISTING_EMAIL");
    assertThat(create("alice1").body())
        .contains("INVALID_DATA", "EXISTING_USER_NAME", "EXISTING_EMAIL");
    assertRefused(SmallRegister.newUser("reserved000003"), "RESERVED_USER_NAME");
    assertRefused(SmallRegister.newUser("pryvate"), "RESERVED_USER_NAME");
  }

  /** routes/users.js has no POST /users before 1.6.0: Express answers. */
  @Test
  void knowsNoRecordingOfUsersBefore16() throws Exception {
    HttpResponse<String> answer = post("/users", SmallRegister.recorded("{}"), "key");
    assertThat(answer.statusCode()).isEqualTo(404);
    assertThat(answer.body()).contains("Cannot POST /users");
  }

  /** 1.6.0, routes/users.js, POST /users, and middleware/requireRoles.js. */
  @Test
  void recordsAUserOfACoreSince16ForWhoeverHasTheSystemKey() throws Exception {
    register.close();
    register = register("\"release\":\"1.6\"");
    register.start();
    String user = SmallRegister.recorded(SmallRegister.newUser("alice1"));
    assertThat(post("/users", user, "guess").statusCode()).isEqualTo(401);
    assertThat(post("/users", user, "other").statusCode()).isEqualTo(403);
    HttpResponse<String> answer = post("/users", user, "key");
    assertThat(answer.statusCode()).isEqualTo(201);
    assertThat(answer.body()).contains("\"apiEndpoint\":\"https://alice1.pryv.lab/\"");
    assertThat(redis("GET", "alice1:server")).isEqualTo("core1.pryv.lab");
  }

  /** routes/server.js, GET /:uid/server. */
  @Test
  void redirectsToAUsersCoreAndFromAnUnknownNameToAnErrorPage() throws Exception {
    create("alice1");
    HttpResponse<String> answer = get("/alice1/server");
    assertThat(answer.statusCode()).isEqualTo(302);
    assertThat(answer.headers().firstValue("Location"))
        .contains("http://core1.pryv.lab/?username=alice1");
    HttpResponse<String> unknown = get("/nobody/server");
    assertThat(unknown.statusCode()).isEqualTo(302);
    assertThat(unknown.headers().firstValue("Location").orElseThrow())
        .endsWith("error.html?id=UNKNOWN_USER_NAME");
  }

  /** 1.6.0, routes/server.js, GET /:uid/server. */
  @Test
  void redirectsToNoErrorPageSince16() throws Exception {
    register.close();
    register = register("\"release\":\"1.6\"");
    register.start();
    create("alice1");
    assertThat(get("/alice1/server").statusCode()).isEqualTo(302);
    assertThat(get("/nobody/server").statusCode()).isEqualTo(404);
  }

  /** routes/server.js, POST /:uid/server. */
  @Test
  void namesAUsersCoreToWhoeverPosts() throws Exception {
    create("alice1");
    HttpResponse<String> answer = post("/alice1/server", "{}", "");
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body())
        .contains("\"server\":\"core1.pryv.lab\"", "\"alias\":\"alice1.pryv.lab\"");
    assertThat(post("/nobody/server", "{}", "").statusCode()).isEqualTo(404);
  }

  /** routes/users.js, _check; storage/database.js, _addWactivFixtureToDatabase. */
  @Test
  void tellsNamesThatExistFromFreeOnes() throws Exception {
    assertThat(get("/wactiv/check_username").body()).isEqualTo("{\"reserved\":true}");
    assertThat(get("/nobody/check_username").body()).isEqualTo("{\"reserved\":false}");
    assertThat(get("/reserved000001/check_username").body()).contains("RESERVED_USER_NAME");
    assertThat(get("/a_b_c/check_username").statusCode()).isEqualTo(400);
  }

  /** storage/database.js, checkConnection; storage/reserved-userid.js, load. */
  @Test
  void writesItsFixtureAtEachStart() throws Exception {
    assertThat(redis("GET", "wactiv:server")).isEqualTo("pryv.lab");
    assertThat(redis("HGET", "wactiv:users", "id")).isEqualTo("0");
    assertThat(redis("GET", "wactiv@pryv.io:email")).isEqualTo("wactiv");
    assertThat(redis("GET", "dbversion")).isEqualTo("0.1.1");
    assertThat(redis("SCARD", "reservedwords:list")).isEqualTo(3L);
    assertThat(redis("EXISTS", "reservedwords:version")).isEqualTo(1L);
    redis("HSET", "wactiv:users", "registeredTimestamp", "1");
    try (RegisterServer again = register("\"release\":\"1.3\"")) {
      again.start();
    }
    assertThat((String) redis("HGET", "wactiv:users", "registeredTimestamp"))
        .hasSizeGreaterThan(10);
  }

  /** storage/database.js, checkConnection: "throw error"; server.js listens before that. */
  @Test
  void diesAtTheStartOnAReplicaAfterItHasAnsweredForAMoment() throws Exception {
    try (RedisProcess master = RedisProcess.start()) {
      redis("REPLICAOF", "127.0.0.1", String.valueOf(master.port()));
      RedisLinkTest.await(
          () -> ((String) redis("INFO", "replication")).contains("master_link_status:up"));
      redis("CLIENT", "PAUSE", "700");
      int port = FreePort.next();
      try (RegisterServer late =
          new RegisterServer(
              RegisterConfig.parse(SmallRegister.json(port, 0, redis.port(), core.port())))) {
        CompletableFuture<Void> start =
            CompletableFuture.runAsync(
                () -> {
                  try {
                    late.start();
                  } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                  }
                });
        RedisLinkTest.await(
            () -> {
              new Socket(InetAddress.getLoopbackAddress(), port).close();
              return true;
            });
        assertThat(start).as("it listens, and Redis has not answered yet").isNotDone();
        assertThatThrownBy(start::get).hasMessageContaining("READONLY");
        assertThatThrownBy(() -> new Socket(InetAddress.getLoopbackAddress(), port).close())
            .isInstanceOf(IOException.class);
      }
    }
  }

  /** storage/database.js, checkConnection: "throw error". */
  @Test
  void diesAtTheStartBehindAFence() throws Exception {
    redis("CONFIG", "SET", "min-replicas-to-write", "99");
    try (RegisterServer late = register("\"release\":\"1.3\"")) {
      assertThatThrownBy(late::start).hasMessageStartingWith("NOREPLICAS");
    }
  }

  /** storage/database.js, _findGhostsEmails and _findGhostsServer. */
  @Test
  void looksAtEveryKeyWhenItStarts() throws Exception {
    create("alice1");
    redis("CONFIG", "RESETSTAT");
    try (RegisterServer again = register("\"release\":\"1.3\"")) {
      again.start();
    }
    assertThat((String) redis("INFO", "commandstats"))
        .contains("cmdstat_keys:calls=2", "cmdstat_hgetall:calls=4");
  }

  /** storage/users.js, create: the core comes first, and refuses a name the second time. */
  @Test
  void leavesANameThatNobodyCanHaveWhenRedisRefusesItAfterTheCoreTookIt() throws Exception {
    redis("CONFIG", "SET", "min-replicas-to-write", "99");
    assertThat(create("alice1").statusCode()).isEqualTo(500);
    redis("CONFIG", "SET", "min-replicas-to-write", "0");
    assertThat(create("alice1").statusCode()).isEqualTo(500);
    assertThat(get("/alice1/check_username").body()).isEqualTo("{\"reserved\":false}");
    assertThat(create("alice2").statusCode()).isEqualTo(200);
  }

  @Test
  void findsARedisThatComesBack() throws Exception {
    redis.kill();
    try (RedisProcess successor = RedisProcess.startOn(redis.port())) {
      assertThat(successor.port()).isEqualTo(redis.port());
      RedisLinkTest.await(() -> get("/wactiv/check_username").statusCode() == 200);
    }
  }

  /** Both services are one program: a file of either kind makes it listen on both ports. */
  @Test
  void speaksDnsToo() {
    assertThat(Set.of(register.port(), register.dnsPort())).doesNotContain(0);
  }

  private RegisterServer register(String standIn) throws IOException {
    return new RegisterServer(
        RegisterConfig.parse(SmallRegister.json(0, 0, redis.port(), core.port(), standIn)));
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

  private void assertRefused(String user, String id) throws Exception {
    HttpResponse<String> answer = post("/user", user, "");
    assertThat(answer.statusCode()).as(id).isEqualTo(400);
    assertThat(answer.body()).contains("\"id\":\"" + id + "\"");
  }

  private HttpResponse<String> create(String name) throws Exception {
    return post("/user", SmallRegister.newUser(name), "");
  }

  private HttpResponse<String> post(String path, String body, String key) throws Exception {
    HttpRequest.Builder request = request(path);
    if (!key.isEmpty()) {
      request.header("Authorization", key);
    }
    return CLIENT.send(
        request.POST(HttpRequest.BodyPublishers.ofString(body)).build(),
        HttpResponse.BodyHandlers.ofString());
  }
}
