package io.pryv.lab.standin;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RedisProcessTest {

  @Test
  void comesBackEmptyOnTheSamePortAfterAKill() throws Exception {
    try (RedisProcess redis = RedisProcess.start();
        RedisLink link = new RedisLink("127.0.0.1", redis.port())) {
      link.send("SET", "a", "1").get();
      redis.kill();
      try (RedisProcess successor = RedisProcess.startOn(redis.port())) {
        assertThat(successor.port()).isEqualTo(redis.port());
        RedisLinkTest.await(() -> link.send("GET", "a").get().value() == null);
      }
    }
  }
}
