package io.pryv.migration.transfer;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The runs of rsync so far, for the operator. */
record SyncRounds(List<Round> rounds) {

  static final SyncRounds NONE = new SyncRounds(List.of());

  /**
   * One run.
   *
   * @param number from 1
   */
  record Round(int number, RsyncStats stats) {}

  SyncRounds and(int number, RsyncStats stats) {
    List<Round> more =
        new ArrayList<>(rounds.stream().filter(round -> round.number() != number).toList());
    more.add(new Round(number, stats));
    return new SyncRounds(List.copyOf(more));
  }

  String lastLine() {
    Round last = rounds.get(rounds.size() - 1);
    return "round " + last.number() + ": " + transferred(last.stats());
  }

  /** What a run did, in words. */
  static String transferred(RsyncStats stats) {
    return String.format(
        Locale.ROOT,
        "%,d bytes transferred for %,d bytes in %d files (%d changed)",
        stats.wireBytes(),
        stats.totalBytes(),
        stats.files(),
        stats.transferredFiles());
  }

  String markdown() {
    return "| round | files | changed | bytes in all | bytes transferred | speed-up |\n"
        + "|---|---|---|---|---|---|\n"
        + rounds.stream()
            .map(
                round ->
                    String.format(
                        Locale.ROOT,
                        "| %d | %d | %d | %,d | %,d | %.1f |%n",
                        round.number(),
                        round.stats().files(),
                        round.stats().transferredFiles(),
                        round.stats().totalBytes(),
                        round.stats().wireBytes(),
                        round.stats().speedup()))
            .collect(Collectors.joining());
  }
}
