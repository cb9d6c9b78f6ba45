package io.pryv.migration.services;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.machine.SandboxHands;
import io.pryv.migration.machine.SandboxRegister;
import io.pryv.migration.machine.SandboxShell;
import io.pryv.migration.platform.Machine.Role;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.FakeRedis;
import io.pryv.migration.redis.RoleFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DestFenceTest {

  private final SandboxRegister source = new SandboxRegister(SandboxShell.of(Role.SOURCE));
  private final SandboxRegister dest = new SandboxRegister(SandboxShell.of(Role.DEST));
  private final FakeRedis redis = new FakeRedis("dest").fixture("co2.pryv.lab");

  @AfterEach
  void remove() {
    source.close();
    dest.close();
  }

  @Test
  void destWithNothingButItsFixtureIsFenced() {
    assertThat(fence(false).fence().held().users()).isEqualTo(1);
    assertThat(redis.fenced()).isTrue();
    assertThat(dest.redisConf()).content().contains("min-replicas-to-write 99");
    int changes = dest.shell().changes().size();
    assertThat(fence(false).fence().already()).isTrue();
    assertThat(dest.shell().changes()).hasSize(changes);
  }

  @Test
  void destWithUsersOfItsOwnIsLeftAsItIs() {
    redis.user("bob", "bob@pryv.lab", "co2");
    assertThatThrownBy(() -> fence(false).fence())
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("found: 2 users")
        .hasMessageContaining("destUsersMayGo");
    assertThat(redis.fenced()).isFalse();
    assertThat(dest.redisConf()).content().doesNotContain("min-replicas-to-write");
  }

  @Test
  void usersThatMayGoDoNotStopIt() {
    redis.user("bob", "bob@pryv.lab", "co2");
    assertThat(fence(true).fence().held().users()).isEqualTo(2);
    assertThat(redis.fenced()).isTrue();
  }

  @Test
  void aDestThatWasLaunchedToEvictIsNotFollowedBy() {
    redis.configure("maxmemory", "3145728");
    assertThatThrownBy(() -> fence(false).fence())
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("found: maxmemory 3145728");
    assertThat(redis.fenced()).isFalse();
  }

  private DestFence fence(boolean usersMayGo) {
    return new DestFence(
        source.register(),
        dest.register(),
        FakeRedis.door(redis, new FakeRedis("source")),
        new RoleFile(new SandboxHands(dest.shell()), dest.register()),
        usersMayGo);
  }
}
