package io.pryv.lab.traffic;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** Starts probes when they are due, whether or not earlier ones have come back. */
final class OpenLoop {
  private static final int MOST_IN_FLIGHT = 800;

  private final long originNanos = System.nanoTime();
  private final Instant origin = Instant.now();
  private final CountDownLatch stopped = new CountDownLatch(1);
  private final AtomicLong latestNanos = new AtomicLong();
  private final ThreadPoolExecutor workers =
      new ThreadPoolExecutor(
          0,
          MOST_IN_FLIGHT,
          10,
          TimeUnit.SECONDS,
          new SynchronousQueue<>(),
          task -> daemon("probe", task));

  /** A probe, and what to note when there is no thread left to run it. */
  record Work(Consumer<Instant> probe, Consumer<Instant> overload) {}

  /** Starts a probe at the phase and then once in each period, until stopped. */
  void every(Duration period, Duration phase, Work work) {
    daemon("schedule", () -> schedule(period.toNanos(), phase.toNanos(), work)).start();
  }

  /** Now, on the same clock as the probes' due times. */
  Instant now() {
    return origin.plusNanos(System.nanoTime() - originNanos);
  }

  /** By how much the most belated probe left after its time: the measurement's own fault. */
  Duration latest() {
    return Duration.ofNanos(latestNanos.get());
  }

  boolean isStopped() {
    return stopped.getCount() == 0;
  }

  /** Waits until then, or until stopped; true when stopped. */
  boolean awaitStop(Instant until) throws InterruptedException {
    Duration wait = Duration.between(now(), until);
    return stopped.await(wait.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** Starts no more probes and waits for those under way, but not longer than that. */
  void stop(Duration patience) {
    stopped.countDown();
    workers.shutdown();
    try {
      boolean complete = workers.awaitTermination(patience.toNanos(), TimeUnit.NANOSECONDS);
      if (!complete) {
        System.err.println("Some probes were still under way at the end and are not counted");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  static Thread daemon(String name, Runnable task) {
    Thread thread = new Thread(null, task, name, 512 * 1024);
    thread.setDaemon(true);
    return thread;
  }

  private void schedule(long period, long phase, Work work) {
    try {
      for (long due = System.nanoTime() - originNanos + phase; ; due += period) {
        Instant scheduled = origin.plusNanos(due);
        if (awaitStop(scheduled)) {
          return;
        }
        long late = System.nanoTime() - originNanos - due;
        latestNanos.accumulateAndGet(late, Math::max);
        try {
          workers.execute(() -> work.probe.accept(scheduled));
        } catch (RejectedExecutionException e) {
          if (!isStopped()) {
            work.overload.accept(scheduled);
          }
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
