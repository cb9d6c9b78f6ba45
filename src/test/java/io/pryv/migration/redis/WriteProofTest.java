package io.pryv.migration.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.lab.standin.RedisProcess;
import io.pryv.lab.standin.RegisterConfig;
import io.pryv.lab.standin.RegisterServer;
import io.pryv.lab.standin.SmallRegister;
import io.pryv.migration.machine.FakeHttps;
import io.pryv.migration.machine.HttpsProbe;
import io.pryv.migration.machine.SandboxHands;
import io.pryv.migration.machine.SandboxRegister;
import io.pryv.migration.machine.SandboxShell;
import io.pryv.migration.platform.Machine.Role;
import io.pryv.migration.platform.StepFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The proof of the cut-over, in the words in which the register itself answers. */
class WriteProofTest {

  private final SandboxRegister machine = new SandboxRegister(SandboxShell.of(Role.DEST));
  private final SandboxHands hands = new SandboxHands(machine.shell());
  private RedisProcess redis;
  private RedisDoor door;

  @BeforeEach
  void redisOfTheRegister() {
    redis = RedisProcess.start();
    machine.container("redis").address("127.0.0.1");
    machine.shell().route("127.0.0.1", 6379, redis.port());
    door = new JedisServers(hands, new RedisAddresses());
  }

  @AfterEach
  void close() {
    redis.close();
    machine.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"1.3", "1.6"})
  void holdsOfTheRegisterInEachOfItsReleases(String release) throws Exception {
    try (RegisterServer register = register(redis, release)) {
      assertThat(proof(asking(register)).holds(Duration.ZERO)).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"1.3", "1.6"})
  void doesNotHoldOfAnotherRegister(String release) throws Exception {
    try (RedisProcess another = RedisProcess.start();
        RegisterServer register = register(another, release)) {
      assertThatThrownBy(() -> proof(asking(register)).orFail(Duration.ZERO, "look"))
          .isInstanceOf(StepFailure.class)
          .hasMessageContaining("status " + (release.equals("1.3") ? "302, to https://sw" : "404"));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "302 https://elsewhere.example/",
        "302 /%s.register-migration",
        "302 https://sw.pryv.lab/error.html?id=%s.register-migration",
        "301 https://reg.pryv.lab/%s.register-migration/server",
        "{\"server\":\"%s.register-migration\"}"
      })
  void doesNotHoldOfWhatMerelyRepeatsTheQuestion(String answer) {
    FakeHttps https =
        new FakeHttps().answers("127.0.0.1", path -> answer.replace("%s", path.split("/", -1)[1]));
    assertThat(proof(https).holds(Duration.ZERO)).isFalse();
  }

  private WriteProof proof(HttpsProbe https) {
    return WriteProof.at("127.0.0.1", machine.register(), door, https, "pryv.lab");
  }

  private static RegisterServer register(RedisProcess redis, String release) throws IOException {
    RegisterServer register =
        new RegisterServer(
            RegisterConfig.parse(
                SmallRegister.json(0, 0, redis.port(), 1, "\"release\":\"" + release + "\"")));
    register.start();
    return register;
  }

  /** What nginx would pass on. */
  private static HttpsProbe asking(RegisterServer register) {
    HttpClient client = HttpClient.newHttpClient();
    return (address, port, hostName, path, headers) -> {
      try {
        HttpResponse<String> answer =
            client.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + register.port() + path))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
        return new HttpsProbe.Answer(
            answer.statusCode(),
            answer.headers().firstValue("Location").orElse(""),
            answer.body(),
            "");
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      }
    };
  }
}
