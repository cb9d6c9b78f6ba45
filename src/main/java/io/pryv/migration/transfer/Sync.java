package io.pryv.migration.transfer;

import io.pryv.migration.machine.AsRoot;
import io.pryv.migration.machine.DetachedJob;
import io.pryv.migration.machine.ProvenData;
import io.pryv.migration.machine.Quote;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.DestData;
import java.time.Duration;
import java.util.Optional;

/**
 * One run of rsync on dest, which makes a directory of ours equal to source's data directory
 * (procedure, "Transfer user data", steps 2 and 5). Dest's Redis knows nothing of it, and can save
 * nothing over what was brought (field guide 3.2). Once Redis runs on that, no sync does any more.
 */
final class Sync {

  /** The exit code of rsync when files vanished while it ran: a live Redis rewrites its files. */
  private static final int VANISHED = 24;

  private final Shell onDest;
  private final Register source;
  private final Register dest;
  private final String migration;

  Sync(Shell onDest, Register source, Register dest, String migration) {
    this.onDest = onDest;
    this.source = source;
    this.dest = dest;
    this.migration = migration;
  }

  /**
   * A run as last seen.
   *
   * @param progress while it runs
   * @param stats once it has ended
   */
  record Run(Optional<String> progress, Optional<RsyncStats> stats) {

    boolean ended() {
      return stats.isPresent();
    }
  }

  /** Launches the run, or attaches to it, while source's Redis may be running. */
  Run whileSourceRuns(String id, Duration wait) {
    return run(id, wait, true);
  }

  /** Launches the run, or attaches to it, now that source's files are at rest: none may vanish. */
  Run afterWritesStopped(String id, Duration wait) {
    return run(id, wait, false);
  }

  private Run run(String id, Duration wait, boolean filesMayVanish) {
    DetachedJob job =
        new DetachedJob(onDest, migration, id, "rsync of Redis' data from source to dest");
    DetachedJob.Status status = job.attachOrLaunch(AsRoot.job(script()), wait);
    if (status.running()) {
      return new Run(
          Optional.of(
              RsyncProgress.latest(status.tail())
                  .map(RsyncProgress::toString)
                  .orElse("rsync is comparing")),
          Optional.empty());
    }
    boolean good = status.succeeded() || (filesMayVanish && status.exitCode() == VANISHED);
    Optional<RsyncStats> stats = RsyncStats.parse(status.tail());
    if (!good || stats.isEmpty()) {
      // Without its files the next try launches it anew.
      job.forget();
      throw new StepFailure(
          dest.machine().name(),
          "rsync from " + source.machine().publicAddress() + ":" + source.layout().dataDirectory(),
          "exit code 0",
          status.state() == DetachedJob.State.ENDED
              ? "exit code " + status.exitCode() + ": " + end(status.tail())
              : "the job is gone: killed, or the machine was rebooted",
          "see that both machines are up and have space, then retry: what has been transferred"
              + " stays");
    }
    return new Run(Optional.empty(), stats);
  }

  private static String end(String tail) {
    String text = tail.replace('\r', '\n').strip();
    return text.substring(Math.max(0, text.length() - 1000));
  }

  private String script() {
    SyncConnection connection = SyncConnection.between(migration, source.machine());
    return connection.variables()
        + """
        set -u
        data=%s
        incoming=%s
        [ ! -e "${key%%/*}/%s" ] || { echo "refused: dest's Redis runs on what was brought"; exit 90; }
        [ -d "$data" ] || { echo "refused: no directory $data"; exit 91; }
        (umask 077 && mkdir -p -- "$incoming") || exit
        began=$(date +%%s%%3N)
        LC_ALL=C rsync --archive --numeric-ids --compress --delete --exclude='/%s' --info=progress2 --stats \\
          -e "$ssh" %s "$incoming/" </dev/null
        code=$?
        echo "Took: $(($(date +%%s%%3N) - began)) ms"
        exit $code
        """
            .formatted(
                Quote.sh(dest.layout().dataDirectory()),
                Quote.sh(DestData.incoming(dest)),
                ProvenData.USED,
                DestData.OURS,
                connection.remoteDirectory());
  }
}
