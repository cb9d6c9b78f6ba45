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
import redis.clients.jedis.Jedis;

class JedisServersTest {

  private final SandboxShell machine = SandboxShell.of(Machine.Role.DEST);
  private final StubDocker docker = new StubDocker(machine).register();
  private final RedisDoor door = new JedisServers(new SandboxHands(machine), new RedisAddresses());
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
  void dockerIsNotAskedAgainWhileTheProcessRunsThatItNamed() {
    try (RedisProcess redis = RedisProcess.start()) {
      runsAt("172.20.0.5", ProcessHandle.current().pid(), redis);
      door.open(register).close();
      int asked = docker.calls().size();
      door.open(register).close();
      assertThat(docker.calls()).hasSize(asked);
    }
  }

  @Test
  void dockerIsAskedAgainOnceThatProcessHasEnded() throws Exception {
    Process first = new ProcessBuilder("sleep", "600").start();
    try (RedisProcess before = RedisProcess.start();
        RedisProcess after = RedisProcess.start()) {
      runsAt("172.20.0.5", first.pid(), before);
      door.open(register).close();
      first.destroyForcibly().waitFor();
      runsAt("172.21.0.9", ProcessHandle.current().pid(), after);
      try (RedisServer server = door.open(register)) {
        server.set("a", "1");
      }
      try (Jedis jedis = new Jedis("127.0.0.1", after.port())) {
        assertThat(jedis.get("a")).isEqualTo("1");
      }
    } finally {
      first.destroyForcibly();
    }
  }

  @Test
  void dockerIsAskedAgainWhenNobodyAnswersThereAnyMore() {
    long process = ProcessHandle.current().pid();
    try (RedisProcess after = RedisProcess.start()) {
      try (RedisProcess before = RedisProcess.start()) {
        runsAt("172.20.0.5", process, before);
        door.open(register).close();
      }
      runsAt("172.21.0.9", process, after);
      try (RedisServer server = door.open(register)) {
        assertThat(server.fenced()).isFalse();
      }
    }
  }

  private void runsAt(String address, long process, RedisProcess redis) {
    docker
        .container("pryv_redis_1")
        .address(address)
        .field("{{.State.Pid}}", String.valueOf(process));
    machine.route(address, 6379, redis.port());
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
