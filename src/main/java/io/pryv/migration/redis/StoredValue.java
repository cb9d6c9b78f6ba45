package io.pryv.migration.redis;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A value as two servers can be compared by: the order of a hash's fields does not count. */
record StoredValue(Object comparable) {

  private static final StoredValue ABSENT = new StoredValue(Map.of());

  /** From a reply to GET (bytes or null) or to HGETALL (a list of fields and values). */
  static StoredValue of(Object reply) {
    if (reply == null) {
      return ABSENT;
    }
    if (reply instanceof byte[] bytes) {
      return new StoredValue(ByteBuffer.wrap(bytes));
    }
    List<?> words = (List<?>) reply;
    Map<ByteBuffer, ByteBuffer> fields = new HashMap<>();
    for (int i = 0; i + 1 < words.size(); i += 2) {
      fields.put(
          ByteBuffer.wrap((byte[]) words.get(i)), ByteBuffer.wrap((byte[]) words.get(i + 1)));
    }
    return new StoredValue(fields);
  }

  boolean absent() {
    return equals(ABSENT);
  }
}
