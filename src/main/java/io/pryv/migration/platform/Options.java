package io.pryv.migration.platform;

import java.time.Duration;
import java.util.List;

/**
 * What the operator may choose for one migration.
 *
 * @param backup whether source's Redis data is copied before anything else
 * @param backupDirectory where on source; empty for {@code ~/register-migration-backup}
 * @param keyType {@code rsa} (4096 bits, as the procedure says) or {@code ed25519}
 * @param preSyncRounds how often the bulk sync is repeated at most
 * @param smallDelta bytes: a round that transferred no more ends the pre-syncs
 * @param longestOutage the longest cold window; passing it puts source back while that is safe
 * @param destUsersMayGo whether users that dest already holds may be wiped
 * @param staticNames host names below the domain that must answer with dest's address afterwards
 * @param sampleUsers how many users' DNS answers are compared
 * @param checkEvery how often delegation and quiet are looked at
 * @param quietPeriod how long source must be silent; null for the longer of 24 h and the longest
 *     TTL
 * @param strategy of the cut-over: {@code live}, {@code cold}, or {@code auto}: live where
 *     preflight finds it possible
 * @param retryOnDest whether, in a live cut-over, source's nginx asks dest what source refuses
 * @param fourEyes whether whoever starts the migration may not approve it
 * @param holdWrites how long source's nginx lets a request wait that creates a user while the
 *     writer changes; zero for not at all
 */
public record Options(
    boolean backup,
    String backupDirectory,
    String keyType,
    int preSyncRounds,
    long smallDelta,
    Duration longestOutage,
    boolean destUsersMayGo,
    List<String> staticNames,
    int sampleUsers,
    Duration checkEvery,
    Duration quietPeriod,
    String strategy,
    boolean retryOnDest,
    boolean fourEyes,
    Duration holdWrites) {

  /** How long a request waits unless the operator says otherwise. */
  static final Duration HOLD_WRITES = Duration.ofSeconds(10);

  /** A migration that began before there was a choice goes on as it did. */
  public Options {
    holdWrites = holdWrites == null ? Duration.ZERO : holdWrites;
  }

  /** With the cut-over left to preflight. */
  public Options(
      boolean backup,
      String backupDirectory,
      String keyType,
      int preSyncRounds,
      long smallDelta,
      Duration longestOutage,
      boolean destUsersMayGo,
      List<String> staticNames,
      int sampleUsers,
      Duration checkEvery,
      Duration quietPeriod) {
    this(
        backup,
        backupDirectory,
        keyType,
        preSyncRounds,
        smallDelta,
        longestOutage,
        destUsersMayGo,
        staticNames,
        sampleUsers,
        checkEvery,
        quietPeriod,
        "auto",
        true,
        false,
        HOLD_WRITES);
  }
}
