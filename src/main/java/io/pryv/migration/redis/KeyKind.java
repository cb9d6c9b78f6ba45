package io.pryv.migration.redis;

/** Kinds of keys (field guide, section 1), told by their names. */
enum KeyKind {
  /** {@code NAME:inactive:FIELD}; first, since one of the fields is {@code email}. */
  INACTIVE(":inactive:", false),
  /** {@code NAME:users}, a hash. */
  USER(":users", true),
  /** {@code NAME:server}, a string. */
  SERVER(":server", true),
  /** {@code EMAIL:email}, a string. */
  EMAIL(":email", true),
  /** Any other. */
  OTHER("", true);

  private final String mark;
  private final boolean atEnd;

  KeyKind(String mark, boolean atEnd) {
    this.mark = mark;
    this.atEnd = atEnd;
  }

  static KeyKind of(byte[] key) {
    for (KeyKind kind : values()) {
      if (kind.marks(key)) {
        return kind;
      }
    }
    throw new IllegalStateException("every key is at least OTHER");
  }

  /** Whether such a key begins with its user's name. */
  boolean named() {
    return this == USER || this == SERVER;
  }

  /** Whether users are made of such keys. */
  boolean ofUsers() {
    return this == USER || this == SERVER || this == EMAIL;
  }

  private boolean marks(byte[] key) {
    int last = key.length - mark.length();
    for (int from = atEnd ? Math.max(0, last) : 0; from <= last; from++) {
      if (marksAt(key, from)) {
        return true;
      }
    }
    return false;
  }

  private boolean marksAt(byte[] key, int from) {
    for (int i = 0; i < mark.length(); i++) {
      if (key[from + i] != mark.charAt(i)) {
        return false;
      }
    }
    return true;
  }
}
