package io.pryv.migration.engine;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * One round of work after the other with a pause in between, in a daemon thread of its own.
 *
 * <p>A round under way is never interrupted: the embedded database's file is closed when a thread
 * is interrupted that reads or writes it ({@link java.nio.channels.InterruptibleChannel}), and what
 * a step at work records then is lost.
 */
public final class Rounds {
  private final String name;
  private final Duration pause;
  private final Runnable round;
  private ScheduledExecutorService clock;
  private ScheduledFuture<?> repeated;

  /**
   * @param name of the thread
   * @param round must not throw: it would be the last
   */
  public Rounds(String name, Duration pause, Runnable round) {
    this.name = name;
    this.pause = pause;
    this.round = round;
  }

  /** Begins with a pause. */
  public synchronized void start() {
    clock =
        Executors.newSingleThreadScheduledExecutor(
            work -> {
              Thread thread = new Thread(work, name);
              thread.setDaemon(true);
              return thread;
            });
    repeated =
        clock.scheduleWithFixedDelay(
            round, pause.toMillis(), pause.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** No new round begins; one under way ends by itself. */
  public synchronized void stop() {
    repeated.cancel(false);
    clock.shutdown();
    clock = null;
  }

  /** Whether it was started and not stopped since. */
  public synchronized boolean running() {
    return clock != null;
  }
}
