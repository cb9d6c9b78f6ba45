package io.pryv.lab.users;

import static org.assertj.core.api.Assertions.assertThat;

import io.pryv.lab.standin.RedisLink;
import io.pryv.lab.standin.RedisProcess;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import org.junit.jupiter.api.Test;

class GenerateUsersTest {

  @Test
  void givesRedisThreeKeysForEachUserAndAFewOthers() throws Exception {
    ByteArrayOutputStream commands = new ByteArrayOutputStream();
    GenerateUsers.write(10, 4_995, commands);
    try (RedisProcess redis = RedisProcess.start();
        RedisLink link = new RedisLink("127.0.0.1", redis.port())) {
      try (Socket pipe = new Socket(InetAddress.getLoopbackAddress(), redis.port());
          OutputStream out = pipe.getOutputStream()) {
        commands.writeTo(out);
        pipe.shutdownOutput();
        // Redis closes the connection once it has done all.
        pipe.getInputStream().readAllBytes();
      }
      assertThat(link.send("DBSIZE").get().value()).isEqualTo(32L);
      assertThat(link.send("GET", "user004995@pryv.lab:email").get().value())
          .isEqualTo("user004995");
      assertThat(link.send("GET", "user005004:server").get().value()).isEqualTo("core1.pryv.lab");
      assertThat(link.send("HGET", "user005000:users", "username").get().value())
          .isEqualTo("user005000");
      assertThat((Long) link.send("TTL", "access5000:access").get().value()).isPositive();
    }
  }
}
