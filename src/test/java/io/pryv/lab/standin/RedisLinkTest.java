package io.pryv.lab.standin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class RedisLinkTest {

  static void await(Callable<Boolean> condition) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(15))
        .pollInterval(Duration.ofMillis(20))
        .ignoreExceptions()
        .until(condition);
  }

  @Test
  void namesTheRedisThatTookAMulti() throws Exception {
    try (RedisProcess redis = RedisProcess.start();
        RedisLink link = new RedisLink("127.0.0.1", redis.port())) {
      RedisLink.Reply reply =
          link.multi(List.of(List.of("SET", "a", "1"), List.of("INCR", "a"))).get();
      assertThat(reply.value()).isEqualTo(List.of("OK", 2L));
      String info = (String) link.send("INFO", "server").get().value();
      assertThat(info).contains("run_id:" + reply.runId());
    }
  }

  @Test
  void saysWhyAMultiWasRefused() throws Exception {
    try (RedisProcess redis = RedisProcess.start("--min-replicas-to-write", "1");
        RedisLink link = new RedisLink("127.0.0.1", redis.port())) {
      assertThatThrownBy(() -> link.multi(List.of(List.of("SET", "a", "1"))).get())
          .isInstanceOf(ExecutionException.class)
          .cause()
          .isInstanceOf(RedisError.class)
          .hasMessageStartingWith("NOREPLICAS");
    }
  }

  @Test
  void takesAReplicaWithoutItsMasterForLoadingOnlyWhenItConnects() throws Exception {
    try (RedisProcess redis = RedisProcess.start();
        RedisLink before = new RedisLink("127.0.0.1", redis.port())) {
      before.send("SET", "a", "1").get();
      before.send("REPLICAOF", "127.0.0.1", "1").get();
      assertThat(before.send("GET", "a").get().value()).isEqualTo("1");

      try (RedisLink after = new RedisLink("127.0.0.1", redis.port())) {
        CompletableFuture<RedisLink.Reply> held = after.send("GET", "a");
        await(() -> ((String) before.send("CLIENT", "LIST").get().value()).contains("cmd=info"));
        assertThat(held).isNotDone();
        before.send("REPLICAOF", "NO", "ONE").get();
        assertThat(held.get(10, TimeUnit.SECONDS).value()).isEqualTo("1");
      }
    }
  }
}
