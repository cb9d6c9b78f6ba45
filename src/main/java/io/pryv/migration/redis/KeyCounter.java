package io.pryv.migration.redis;

import java.util.ArrayList;
import java.util.List;

/**
 * Counts keys by kind, each once: SCAN may give a key twice while Redis resizes its table. What was
 * seen is remembered as 64-bit hashes, 16 to 32 bytes a key; with three million keys the odds that
 * two share one are below one in a million.
 */
final class KeyCounter {

  private long[] seen;
  private int seenCount;
  private long users;
  private long servers;
  private long emails;
  private long inactive;
  private long lasting;
  private long expiring;

  KeyCounter(long expectedKeys) {
    seen = new long[Integer.highestOneBit((int) Math.min(expectedKeys, 1 << 28) + 16) * 4];
  }

  /** Counts keys; those whose kind depends on their expiry are given back. */
  List<byte[]> count(List<byte[]> keys) {
    List<byte[]> others = new ArrayList<>();
    for (byte[] key : keys) {
      if (!add(Hash.of(key, 0))) {
        continue;
      }
      switch (KeyKind.of(key)) {
        case USER -> users++;
        case SERVER -> servers++;
        case EMAIL -> emails++;
        case INACTIVE -> inactive++;
        case OTHER -> others.add(key);
      }
    }
    return others;
  }

  /**
   * Counts a key of no kind of its own.
   *
   * @param life what PTTL says: -1 without expiry, -2 when the key has gone meanwhile
   */
  void countOther(long life) {
    if (life == -1) {
      lasting++;
    } else if (life >= 0) {
      expiring++;
    }
  }

  KeyCounts counts() {
    return new KeyCounts(users, servers, emails, inactive, lasting, expiring);
  }

  private boolean add(long hash) {
    if (seenCount * 2 >= seen.length) {
      long[] before = seen;
      seen = new long[before.length * 2];
      for (long old : before) {
        if (old != 0) {
          seen[slot(old)] = old;
        }
      }
    }
    long stored = hash == 0 ? 1 : hash;
    int slot = slot(stored);
    if (seen[slot] == stored) {
      return false;
    }
    seen[slot] = stored;
    seenCount++;
    return true;
  }

  private int slot(long hash) {
    int slot = (int) hash & (seen.length - 1);
    while (seen[slot] != 0 && seen[slot] != hash) {
      slot = (slot + 1) & (seen.length - 1);
    }
    return slot;
  }
}
