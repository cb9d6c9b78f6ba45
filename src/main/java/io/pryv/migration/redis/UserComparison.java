package io.pryv.migration.redis;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiPredicate;
import java.util.function.Predicate;

/**
 * Compares the users' keys of two servers in batches small enough to leave their clients alone,
 * several at a time on connections of their own, so that the way to the machines costs little.
 */
final class UserComparison implements AutoCloseable {

  private static final int BATCH = 300;
  private static final int LANES = 6;
  private static final int BATCHES_IN_MEMORY = 2 * LANES;
  private static final int EXAMPLES = 10;

  /**
   * Batches under way at the end are waited for; each of their answers has a deadline of its own.
   */
  private static final Duration LAST_ANSWERS = Duration.ofMinutes(1);

  private final JedisServer from;
  private final JedisServer to;
  private final Predicate<KeyKind> looksAt;
  private final BiPredicate<StoredValue, StoredValue> same;
  private final ExecutorService threads = Executors.newFixedThreadPool(LANES);
  private final Semaphore room = new Semaphore(BATCHES_IN_MEMORY);
  private final Queue<Lane> idle = new ConcurrentLinkedQueue<>();
  private final Queue<JedisServer> opened = new ConcurrentLinkedQueue<>();
  private final AtomicReference<RuntimeException> failure = new AtomicReference<>();
  private final List<String> examples = new ArrayList<>();
  private long submitted;
  private long read;
  private long compared;
  private long differing;

  private UserComparison(
      JedisServer from,
      JedisServer to,
      Predicate<KeyKind> looksAt,
      BiPredicate<StoredValue, StoredValue> same) {
    this.from = from;
    this.to = to;
    this.looksAt = looksAt;
    this.same = same;
  }

  /** Every key that users are made of, and its value. */
  static UserComparison byValue(JedisServer from, JedisServer to) {
    return new UserComparison(from, to, KeyKind::ofUsers, StoredValue::equals);
  }

  /** The keys that bear a user's name, whatever their value. */
  static UserComparison byPresence(JedisServer from, JedisServer to) {
    return new UserComparison(from, to, KeyKind::named, (here, there) -> !there.absent());
  }

  /** Compares those of the keys that are of users; waits while too many are under way. */
  void compare(List<byte[]> keys) {
    List<byte[]> ofUsers = keys.stream().filter(key -> looksAt.test(KeyKind.of(key))).toList();
    for (int start = 0; start < ofUsers.size(); start += BATCH) {
      List<byte[]> batch = ofUsers.subList(start, Math.min(start + BATCH, ofUsers.size()));
      await(1);
      submitted += batch.size();
      threads.execute(() -> compareBatch(batch));
    }
  }

  /** The outcome, once every batch is compared. */
  KeyComparison result() {
    await(BATCHES_IN_MEMORY);
    synchronized (examples) {
      // What this guards is destructive: no batch may get lost, whatever becomes of its thread.
      if (read != submitted) {
        throw new IllegalStateException(
            "only %d of %d keys were compared".formatted(read, submitted));
      }
      return new KeyComparison(compared, differing, examples.stream().sorted().toList());
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
    try {
      if (!threads.awaitTermination(LAST_ANSWERS.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new IllegalStateException("a comparison of keys does not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    opened.forEach(JedisServer::close);
  }

  private void compareBatch(List<byte[]> keys) {
    try {
      if (failure.get() == null) {
        Lane lane = idle.poll();
        if (lane == null) {
          lane = open();
        }
        count(keys, lane.from.read(keys), lane.to.read(keys));
        idle.add(lane);
      }
    } catch (RuntimeException e) {
      failure.compareAndSet(null, e);
    } finally {
      room.release();
    }
  }

  private Lane open() {
    JedisServer anotherFrom = from.again();
    opened.add(anotherFrom);
    JedisServer anotherTo = to.again();
    opened.add(anotherTo);
    return new Lane(anotherFrom, anotherTo);
  }

  private void count(List<byte[]> keys, List<StoredValue> here, List<StoredValue> there) {
    synchronized (examples) {
      read += keys.size();
      for (int i = 0; i < keys.size(); i++) {
        if (here.get(i).absent()) {
          // Deleted since the scan saw it.
          continue;
        }
        compared++;
        if (!same.test(here.get(i), there.get(i))) {
          differing++;
          if (examples.size() < EXAMPLES) {
            examples.add(new String(keys.get(i), StandardCharsets.UTF_8));
          }
        }
      }
    }
  }

  private void await(int places) {
    try {
      room.acquire(places);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while comparing", e);
    }
    if (failure.get() != null) {
      throw failure.get();
    }
  }

  /** A connection to each of the two. */
  private record Lane(JedisServer from, JedisServer to) {}
}
