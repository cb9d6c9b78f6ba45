package io.pryv.migration.transfer;

import io.pryv.migration.redis.DestData;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The files of a data directory as {@code sha256sum} lists them, by their path below it.
 *
 * @param sums path to SHA-256, in hexadecimal
 */
record DataFiles(Map<String, String> sums) {

  /**
   * Lists a directory, whose name is in {@code $data}: hash, two characters, path. A directory has
   * {@code -} for a hash, whatever is neither directory nor file {@code !}.
   */
  static final String LIST =
      """
      cd -- "$data" || exit
      set -o pipefail
      all() { find . -mindepth 1 -path './%s' -prune -o "$@"; }
      all -type d -printf '-  %%p/\\n'
      all ! -type d ! -type f -printf '!  %%p\\n'
      all -type f -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum --
      """
          .formatted(DestData.OURS);

  /** How a difference ends in two bytes, and one of an append-only file. */
  static final String DIFFERS = " differs";

  static final String AOF_DIFFERS = ".aof" + DIFFERS;

  static DataFiles parse(String listing) {
    Map<String, String> sums = new TreeMap<>();
    for (String line : listing.split("\n", -1)) {
      if (!line.isBlank()) {
        int blank = line.indexOf(' ');
        sums.put(line.substring(blank + 2), line.substring(0, blank));
      }
    }
    return new DataFiles(sums);
  }

  /** Each difference in words, at most ten. */
  List<String> differences(DataFiles other, String name, String otherName) {
    TreeSet<String> paths = new TreeSet<>(sums.keySet());
    paths.addAll(other.sums.keySet());
    List<String> differences = new ArrayList<>();
    for (String path : paths) {
      String here = sums.get(path);
      String there = other.sums.get(path);
      if (there == null) {
        differences.add(path + " only on " + name);
      } else if (here == null) {
        differences.add(path + " only on " + otherName);
      } else if (!here.equals(there) || here.equals("!")) {
        differences.add(path + DIFFERS);
      }
    }
    return differences.subList(0, Math.min(10, differences.size()));
  }

  boolean empty() {
    return sums.values().stream().allMatch(sum -> sum.equals("-"));
  }
}
