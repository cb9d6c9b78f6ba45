package io.pryv.migration.redis;

/** 64 bits of a key: FNV-1a, its bits then mixed as SplitMix64 does. */
final class Hash {

  private Hash() {}

  static long of(byte[] key, long seed) {
    long hash = 0xcbf29ce484222325L ^ seed;
    for (byte b : key) {
      hash = (hash ^ (b & 0xff)) * 0x100000001b3L;
    }
    hash = (hash ^ (hash >>> 30)) * 0xbf58476d1ce4e5b9L;
    hash = (hash ^ (hash >>> 27)) * 0x94d049bb133111ebL;
    return hash ^ (hash >>> 31);
  }
}
