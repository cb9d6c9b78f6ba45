package io.pryv.migration.services;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.RoleFile;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SourceFenceTest {

  private final PracticePlatform lab = new PracticePlatform();
  private final AtomicInteger asked = new AtomicInteger();
  private volatile String answer = PracticePlatform.RESERVED;
  private final AnsweringRegister register =
      new AnsweringRegister(lab.source, () -> asked.incrementAndGet() < 2 ? "{}" : answer);

  @AfterEach
  void remove() {
    register.close();
    lab.close();
  }

  @Test
  void sourceIsFencedOnceItsRegisterHasWrittenItsFixture() {
    assertThat(fence().fence()).isTrue();
    assertThat(asked.get()).isEqualTo(2);
    assertThat(lab.sourceRedis.fenced()).isTrue();
    assertThat(lab.source.redisConf()).content().contains("min-replicas-to-write 99");
  }

  @Test
  void aSecondRunChangesNothing() {
    fence().fence();
    int changes = lab.changes();
    assertThat(fence().fence()).isFalse();
    assertThat(lab.changes()).isEqualTo(changes);
  }

  @Test
  void aRegisterThatDoesNotComeUpIsTold() {
    answer = "{\"reserved\":false}";
    assertThatThrownBy(() -> fence().fence())
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("port 9000 of pryv_register_1");
    assertThat(lab.sourceRedis.fenced()).isFalse();
  }

  @Test
  void aSourceThatFollowsDestIsLeftAlone() {
    lab.sourceRedis.reaches("127.0.0.1", 4567, lab.destRedis).follow("127.0.0.1", 4567);
    assertThat(fence().fence()).isFalse();
    assertThat(lab.changes()).isZero();
  }

  private SourceFence fence() {
    return new SourceFence(
        lab.source.register(),
        lab.shell(lab.source),
        lab.door,
        new RoleFile(lab.hands, lab.source.register()),
        Duration.ofMillis(900));
  }
}
