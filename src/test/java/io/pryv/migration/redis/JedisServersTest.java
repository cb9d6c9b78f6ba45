package io.pryv.migration.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.lab.standin.RedisProcess;
import io.pryv.migration.machine.SandboxHands;
import io.pryv.migration.machine.SandboxShell;
import io.pryv.migration.machine.StubDocker;
import io.pryv.migration.platform.Layout;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class JedisServersTest {

  private final SandboxShell machine = SandboxShell.of(Machine.Role.DEST);
  private final StubDocker docker = new StubDocker(machine).register();
  private final RedisDoor door = new JedisServers(new SandboxHands(machine));
  private final Register register =
      new Register(
          machine.machine(),
          new Layout(
              "docker-compose",
              "",
              "pryv",
              "",
              "",
              "",
              "",
              "",
              "",
              "",
              "",
              "pryv_redis_1",
              "",
              "",
              "",
              ""));

  @AfterEach
  void remove() {
    machine.close();
  }

  @Test
  void findsTheContainersAddressAnewAtEachCall() {
    try (RedisProcess redis = RedisProcess.start()) {
      docker.container("pryv_redis_1").address("172.20.0.5");
      machine.route("172.20.0.5", 6379, redis.port());
      try (RedisServer server = door.open(register)) {
        server.set("a", "1");
      }
      docker.container("pryv_redis_1").address("172.21.0.9");
      machine.route("172.21.0.9", 6379, redis.port());
      try (RedisServer server = door.open(register)) {
        assertThat(server.get("a")).isEqualTo("1");
      }
    }
  }

  @Test
  void aContainerThatIsDownOrMissingIsNamed() {
    docker.container("pryv_redis_1").stopped();
    assertThatThrownBy(() -> door.open(register))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("dest: container pryv_redis_1")
        .hasMessageContaining("not running");
    Register without =
        new Register(
            machine.machine(),
            new Layout("", "", "", "", "", "", "", "", "", "", "", "no_redis", "", "", "", ""));
    assertThatThrownBy(() -> door.open(without)).hasMessageContaining("No such container");
  }
}
