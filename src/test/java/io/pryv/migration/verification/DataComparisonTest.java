package io.pryv.migration.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.FakeRedis;
import io.pryv.migration.redis.KeyComparison;
import io.pryv.migration.redis.RedisServer;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class DataComparisonTest {

  private final FakeRedis source = new FakeRedis("source").fixture("core1.pryv.lab");
  private final FakeRedis dest = new FakeRedis("dest").fixture("core2.pryv.lab");

  private void bothHold(String name) {
    source.user(name, name + "@mail.example", "core1.pryv.lab");
    dest.user(name, name + "@mail.example", "core1.pryv.lab");
  }

  @Test
  void countsTheKeysComparedInBothDirections() {
    bothHold("ariane");
    DataComparison.Equal equal = new DataComparison(source, dest).compare();
    assertThat(equal.compared()).isEqualTo(12);
    assertThat(equal.markdown()).contains("| users | 2 | 2 |").contains("| differing | 0 | 0 |");
  }

  @Test
  void failsWhenDestLacksAUser() {
    bothHold("ariane");
    source.user("lonely", "lonely@mail.example", "core1.pryv.lab");
    assertThatThrownBy(() -> new DataComparison(source, dest).compare())
        .isInstanceOf(StepFailure.class)
        .hasMessageStartingWith("dest: ")
        .hasMessageContaining("3 missing or different")
        .hasMessageContaining("lonely:server");
  }

  @Test
  void failsWhenSourceDoesNotGetWhatDestHas() {
    bothHold("ariane");
    dest.user("newest", "newest@mail.example", "core1.pryv.lab");
    assertThatThrownBy(() -> new DataComparison(source, dest).compare())
        .hasMessageStartingWith("source: ")
        .hasMessageContaining("newest:users")
        .hasMessageContaining("still follows dest");
  }

  @Test
  void aUserOnItsWayIsNoDifference() {
    AtomicInteger looks = new AtomicInteger();
    FakeRedis late =
        new FakeRedis("source") {
          @Override
          public KeyComparison compareUsersWith(RedisServer other) {
            return looks.getAndIncrement() == 0
                ? new KeyComparison(6, 1, List.of("newest:users"))
                : super.compareUsersWith(other);
          }
        };
    assertThat(new DataComparison(late, dest).compare().fromSource().differing()).isZero();
    assertThat(looks).hasValue(2);
  }
}
