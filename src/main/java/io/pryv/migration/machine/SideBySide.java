package io.pryv.migration.machine;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;

/** Work that is begun while other work goes on, and whose result is needed before the step ends. */
public final class SideBySide<T> {

  private final CompletableFuture<T> work;

  private SideBySide(CompletableFuture<T> work) {
    this.work = work;
  }

  /** Begins it, in a thread of its own. */
  public static <T> SideBySide<T> begin(Supplier<T> work) {
    return new SideBySide<>(CompletableFuture.supplyAsync(work, SideBySide::inThreadOfItsOwn));
  }

  /** Begins what has no result but that it went well. */
  public static SideBySide<Boolean> begin(Runnable work) {
    return begin(
        () -> {
          work.run();
          return true;
        });
  }

  /** Another migration's long look must not keep the cold window of this one waiting for a pool. */
  private static void inThreadOfItsOwn(Runnable work) {
    Thread thread = new Thread(work, "side-by-side");
    thread.setDaemon(true);
    thread.start();
  }

  /** Its result, once it has one; throws what it threw. */
  public T end() {
    try {
      return work.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw e;
    }
  }
}
