package io.pryv.migration.redis;

import io.pryv.migration.platform.StepFailure;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Compares the users' keys of two servers in batches small enough to leave their clients alone. */
final class UserComparison implements AutoCloseable {

  private static final int BATCH = 300;
  private static final int EXAMPLES = 10;

  private final JedisServer from;
  private final JedisServer to;
  private final ExecutorService otherSide = Executors.newSingleThreadExecutor();
  private final List<String> examples = new ArrayList<>();
  private long compared;
  private long differing;

  UserComparison(JedisServer from, JedisServer to) {
    this.from = from;
    this.to = to;
  }

  void compare(List<byte[]> keys) {
    List<byte[]> ofUsers = keys.stream().filter(key -> KeyKind.of(key).ofUsers()).toList();
    for (int start = 0; start < ofUsers.size(); start += BATCH) {
      compareBatch(ofUsers.subList(start, Math.min(start + BATCH, ofUsers.size())));
    }
  }

  KeyComparison result() {
    return new KeyComparison(compared, differing, List.copyOf(examples));
  }

  private void compareBatch(List<byte[]> keys) {
    Future<List<StoredValue>> reading = otherSide.submit(() -> to.read(keys));
    List<StoredValue> here = from.read(keys);
    List<StoredValue> there = await(reading);
    for (int i = 0; i < keys.size(); i++) {
      if (here.get(i).absent()) {
        // Deleted since the scan saw it.
        continue;
      }
      compared++;
      if (!here.get(i).equals(there.get(i))) {
        differing++;
        if (examples.size() < EXAMPLES) {
          examples.add(new String(keys.get(i), StandardCharsets.UTF_8));
        }
      }
    }
  }

  private static List<StoredValue> await(Future<List<StoredValue>> reading) {
    try {
      return reading.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while comparing", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof StepFailure failure) {
        throw failure;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  @Override
  public void close() {
    otherSide.shutdownNow();
  }
}
