package io.pryv.migration.services;

import io.pryv.migration.machine.RegisterContainer;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.KeyComparison;
import io.pryv.migration.redis.RedisDoor;
import io.pryv.migration.redis.RedisServer;
import io.pryv.migration.redis.RoleFile;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * Keeps source from being a second writer once dest is elected: at run time and in its file. Its
 * register and dns begin with a write (field guide 3.12), so they must have started before.
 */
final class SourceFence {

  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(200);

  private final Register source;
  private final Shell shell;
  private final RedisDoor door;
  private final RoleFile file;
  private final Duration patience;

  /**
   * A way to fence it.
   *
   * @param patience how long source's own register may take to start: it looks at every key
   */
  SourceFence(Register source, Shell shell, RedisDoor door, RoleFile file, Duration patience) {
    this.source = source;
    this.shell = shell;
    this.door = door;
    this.file = file;
    this.patience = patience;
  }

  /**
   * Fences it, its file first.
   *
   * @return whether anything had to be done
   */
  boolean fence() {
    try (RedisServer redis = door.open(source)) {
      if ("slave".equals(redis.info("replication").get("role"))) {
        // It follows dest: fenced in its file, and read-only.
        return false;
      }
      boolean fenced = redis.fenced();
      if (!fenced) {
        awaitRegister();
      }
      boolean written = file.fenced();
      redis.fence();
      return written || !fenced;
    }
  }

  private void awaitRegister() {
    long deadline = System.nanoTime() + patience.toNanos();
    RegisterContainer register = new RegisterContainer(shell, source.layout());
    String found = register.complaint(KeyComparison.FIXTURE_USER);
    while (!found.isEmpty()) {
      if (System.nanoTime() - deadline >= 0 || Thread.currentThread().isInterrupted()) {
        throw new StepFailure(
            source.machine().name(),
            "port " + RegisterContainer.PORT + " of " + source.layout().registerContainer(),
            "source's own register, which must have started before its Redis refuses writes",
            found,
            "look at the log of this container; it serves nobody now, but is needed should you roll"
                + " back. Then retry");
      }
      LockSupport.parkNanos(BETWEEN_LOOKS.toNanos());
      found = register.complaint(KeyComparison.FIXTURE_USER);
    }
  }
}
