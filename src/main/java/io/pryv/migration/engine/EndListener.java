package io.pryv.migration.engine;

import java.time.Instant;

/** Hears of process instances that end. */
public interface EndListener {

  /** One ends, however it does; called within the transaction that ends it. */
  void ended(String process, String instance, Instant end);
}
