package io.pryv.migration.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class RoundsTest {
  private static final Duration PAUSE = Duration.ofMillis(5);

  @Test
  void goesRoundAfterRound() throws InterruptedException {
    CountDownLatch three = new CountDownLatch(3);
    Rounds rounds = new Rounds("rounds", PAUSE, three::countDown);

    rounds.start();

    assertThat(three.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(rounds.running()).isTrue();
    rounds.stop();
  }

  @Test
  void letsARoundEndThatIsUnderWayAndBeginsNoOther() throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch told = new CountDownLatch(1);
    CountDownLatch over = new CountDownLatch(1);
    AtomicBoolean interrupted = new AtomicBoolean();
    AtomicInteger number = new AtomicInteger();
    AtomicBoolean alive = new AtomicBoolean();
    Thread[] thread = new Thread[1];
    Rounds rounds =
        new Rounds(
            "rounds",
            PAUSE,
            () -> {
              thread[0] = Thread.currentThread();
              number.incrementAndGet();
              begun.countDown();
              try {
                alive.set(told.await(10, TimeUnit.SECONDS));
              } catch (InterruptedException e) {
                interrupted.set(true);
              }
              over.countDown();
            });

    rounds.start();
    assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();
    rounds.stop();
    told.countDown();
    assertThat(over.await(10, TimeUnit.SECONDS)).isTrue();
    thread[0].join();

    assertThat(rounds.running()).isFalse();
    assertThat(interrupted).isFalse();
    assertThat(alive).isTrue();
    assertThat(number).hasValue(1);
  }

  @Test
  void goesOnAfterAStart() throws InterruptedException {
    CountDownLatch two = new CountDownLatch(2);
    Rounds rounds = new Rounds("rounds", PAUSE, two::countDown);
    rounds.start();
    rounds.stop();

    rounds.start();

    assertThat(two.await(10, TimeUnit.SECONDS)).isTrue();
    rounds.stop();
  }
}
