package io.pryv.migration.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class PaceTest {

  private final AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
  private final Pace pace =
      new Pace(
          new Clock() {
            @Override
            public ZoneId getZone() {
              return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(ZoneId zone) {
              return this;
            }

            @Override
            public Instant instant() {
              return now.get();
            }
          });

  private void wrong(String address, int times) {
    for (int i = 0; i < times; i++) {
      pace.wrong(address);
    }
  }

  @Test
  void aFewTyposCostNothing() {
    wrong("a", 3);

    assertThat(pace.waitOf("a")).isZero();
  }

  @Test
  void eachFurtherWrongPasswordDoublesTheWaitUpToFiveSeconds() {
    wrong("a", 4);
    assertThat(pace.waitOf("a")).isEqualTo(Duration.ofMillis(200));
    wrong("a", 1);
    assertThat(pace.waitOf("a")).isEqualTo(Duration.ofMillis(400));
    wrong("a", 1000);
    assertThat(pace.waitOf("a")).isEqualTo(Duration.ofSeconds(5));
  }

  @Test
  void noOtherAddressWaits() {
    wrong("a", 1000);

    assertThat(pace.waitOf("b")).isZero();
    assertThat(pace.await("b")).isTrue();
  }

  @Test
  void howeverManyItWereTheyAreForgottenWithinMinutes() {
    wrong("a", 1000);
    now.set(Instant.EPOCH.plus(Duration.ofMinutes(2)));

    assertThat(pace.waitOf("a")).isZero();
  }

  @Test
  void moreThanAFewThatWaitAreTurnedAwayAtOnce() throws Exception {
    wrong("a", 1000);
    List<Thread> waiting = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      Thread thread = new Thread(() -> pace.await("a"));
      waiting.add(thread);
      thread.start();
    }
    await()
        .until(() -> waiting.stream().allMatch(it -> it.getState() == Thread.State.TIMED_WAITING));

    assertThat(pace.await("a")).isFalse();
    waiting.forEach(Thread::interrupt);
    for (Thread thread : waiting) {
      thread.join();
    }
  }

  @Test
  void anAttackerWithManyAddressesDoesNotFillTheMemory() {
    for (int i = 0; i < 50_000; i++) {
      wrong("address " + i, 1);
    }

    assertThat(pace.known()).isLessThanOrEqualTo(10_000);
  }
}
