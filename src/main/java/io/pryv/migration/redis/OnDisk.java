package io.pryv.migration.redis;

import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.Quote;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/**
 * Has a machine's disk hold what its Redis holds. With {@code appendfsync everysec} a power cut
 * takes the last second or two, and without an AOF all since the last save: so before the other
 * copy of the data counts less, is asked for less, or is put aside, this one is made to last.
 */
public final class OnDisk {

  private static final Duration LONGEST_WAIT = Duration.ofSeconds(10);
  private static final Duration LONGEST_SYNC = Duration.ofMinutes(1);
  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(5);

  private final Shell shell;
  private final Register register;

  public OnDisk(Shell shell, Register register) {
    this.shell = shell;
    this.register = register;
  }

  /**
   * Brings everything there that Redis has done before this is called. Where it keeps no AOF, it
   * saves its RDB first.
   *
   * @throws StepFailure when Redis can not write its files, or the disk does not take them
   */
  public void bring(RedisServer redis) {
    Map<String, String> persistence = redis.info("persistence");
    if ("1".equals(persistence.get("aof_enabled"))) {
      awaitWritten(redis);
    } else {
      redis.save();
    }
    flush();
  }

  /** Has the disk hold what Redis' files hold; done beforehand, {@link #bring} has less to do. */
  public void flush() {
    shell
        .run(
            Command.look(
                    "have the disk hold the data of Redis",
                    "as_root sync -f -- " + Quote.sh(register.layout().dataDirectory()))
                .within(LONGEST_SYNC))
        .orFail(
            "see whether the disk of "
                + register.machine().name()
                + " is in order (`dmesg`), then retry");
  }

  /** What was done is in the file once the buffer is empty; the disk is another matter. */
  private void awaitWritten(RedisServer redis) {
    long deadline = System.nanoTime() + LONGEST_WAIT.toNanos();
    while (true) {
      Map<String, String> persistence = redis.info("persistence");
      String status = persistence.getOrDefault("aof_last_write_status", "ok");
      String left = persistence.getOrDefault("aof_buffer_length", "0");
      if (status.equals("ok") && left.equals("0")) {
        return;
      }
      if (System.nanoTime() - deadline >= 0 || Thread.currentThread().isInterrupted()) {
        throw new StepFailure(
            register.machine().name(),
            "INFO persistence of Redis",
            "aof_last_write_status:ok and aof_buffer_length:0 within "
                + LONGEST_WAIT.toSeconds()
                + " s",
            "aof_last_write_status:" + status + ", aof_buffer_length:" + left,
            "see Redis' log and whether the disk is full, then retry");
      }
      LockSupport.parkNanos(BETWEEN_LOOKS.toNanos());
    }
  }
}
