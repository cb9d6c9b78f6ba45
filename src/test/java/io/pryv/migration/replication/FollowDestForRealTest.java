package io.pryv.migration.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.lab.standin.RedisLink;
import io.pryv.lab.standin.RegisterServer;
import io.pryv.lab.standin.SmallRegister;
import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.dns.DnsJavaClient;
import io.pryv.migration.machine.ConnectionLost;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.JedisServers;
import io.pryv.migration.redis.RedisAddresses;
import io.pryv.migration.redis.RedisDoor;
import io.pryv.migration.redis.RedisServer;
import io.pryv.migration.redis.RedisSettings;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Source follows dest with a real sshd, real Redis on both sides, and a dns that reads source's.
 */
class FollowDestForRealTest {

  private static final int USERS = 2_000;

  private final TwoMachines machines;
  private final RedisDoor door;
  private final RedisLink source;
  private final RedisLink dest;
  private RegisterServer sourceDns;

  FollowDestForRealTest() throws Exception {
    machines = new TwoMachines();
    door = new JedisServers(machines.hands, new RedisAddresses());
    source = new RedisLink("127.0.0.1", machines.sourceRedis.port());
    dest = new RedisLink("127.0.0.1", machines.destRedis.port());
  }

  @BeforeEach
  void aCopiedPlatform() throws Exception {
    for (RedisLink redis : List.of(source, dest)) {
      for (int i = 0; i < USERS; i++) {
        user(redis, "user%05d".formatted(i), "core1.pryv.lab");
      }
    }
    sourceDns = SmallRegister.of(machines.sourceRedis.port(), 1);
    sourceDns.start();
    machines.key().make();
  }

  @AfterEach
  void close() {
    sourceDns.close();
    source.close();
    dest.close();
    machines.close();
  }

  private static void user(RedisLink redis, String name, String core) throws Exception {
    redis
        .multi(
            List.of(
                List.of("HMSET", name + ":users", "username", name, "server", core),
                List.of("SET", name + ":server", core),
                List.of("SET", name + "@mail.example:email", name)))
        .get();
  }

  private FollowDest followDest() {
    // The machine's port 53 is not ours to take.
    DnsClient real = new DnsJavaClient();
    DnsClient dns =
        new DnsClient() {
          @Override
          public Answer ask(String server, String name, String type) {
            return real.ask(server + ":" + sourceDns.dnsPort(), name, type);
          }

          @Override
          public Answer resolve(String resolver, String name, String type) {
            return real.resolve(resolver, name, type);
          }
        };
    return new FollowDest(
        machines.hands,
        machines.source,
        machines.dest,
        List.of(),
        door,
        dns,
        machines.tunnel(),
        "pryv.lab",
        machines.migration,
        Duration.ofSeconds(30),
        Duration.ofSeconds(20));
  }

  @Test
  void sourceFollowsLosesNothingAndItsRunningDnsGoesOnAnswering() throws Exception {
    FollowDest.Following following = followDest().follow();

    assertThat(following.changed()).isTrue();
    assertThat(following.markdown()).contains("6003 keys").contains("CNAME core1.pryv.lab");
    user(dest, "newcomer", "core2.pryv.lab");
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> "core2.pryv.lab".equals(source.send("GET", "newcomer:server").get().value()));
    assertThat(source.send("GET", "user00000:server").get().value()).isEqualTo("core1.pryv.lab");
    assertThatThrownBy(() -> user(source, "intruder", "core1.pryv.lab"))
        .hasMessageContaining("READONLY");
    assertThat(RedisSettings.find(Files.readString(machines.conf), "replicaof"))
        .contains("127.0.0.1 " + machines.ports.near());
    assertThat(new ReplicationHealth(machines.tunnel()).look().troubles()).isEmpty();

    assertThat(followDest().follow().changed()).isFalse();
  }

  @Test
  void aTurnWhoseAnswerIsLostIsFoundDoneAndProven() throws Exception {
    machines.sourceMachine.loseConnectionAfter(
        command -> command.purpose().startsWith("Redis: follow"));
    assertThatThrownBy(() -> followDest().follow()).isInstanceOf(ConnectionLost.class);
    machines.sourceMachine.loseConnectionAfter(command -> false);

    assertThat(followDest().follow().markdown()).contains("link up");
    assertThat(source.send("GET", "user00000:server").get().value()).isEqualTo("core1.pryv.lab");
  }

  @Test
  void aSourceWithAUserOfItsOwnKeepsItAndGoesOnTakingWrites() throws Exception {
    user(source, "lonely", "core1.pryv.lab");
    user(dest, "another", "core1.pryv.lab");
    assertThatThrownBy(() -> followDest().follow())
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("lonely:");
    assertThat(source.send("GET", "lonely:server").get().value()).isEqualTo("core1.pryv.lab");
    user(source, "stillon", "core1.pryv.lab");
    assertThat(Files.readString(machines.conf)).isEqualTo("port 6379\n");
  }

  @Test
  void anEmptyDestNeverWipesSource() throws Exception {
    dest.send("FLUSHALL").get();
    assertThatThrownBy(() -> followDest().follow())
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("none at all");
    assertThat(source.send("DBSIZE").get().value()).isEqualTo(USERS * 3L + 6);
  }

  @Test
  void aCutTunnelIsNoticedAndWhatWasWrittenMeanwhileArrivesOnceItIsMended() throws Exception {
    followDest().follow();
    ReplicationHealth health = new ReplicationHealth(machines.tunnel());
    machines.tunnel().close();
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> health.look().troubles().size() == 2);
    user(dest, "newcomer", "core2.pryv.lab");

    assertThat(health.mend()).isTrue();

    Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> health.look().healthy());
    try (RedisServer onSource = door.open(machines.source)) {
      assertThat(onSource.get("newcomer:server")).isEqualTo("core2.pryv.lab");
    }
  }
}
