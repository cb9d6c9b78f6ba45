package io.pryv.migration.services;

import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.ConnectionLost;
import io.pryv.migration.machine.Quote;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.KeyComparison;
import io.pryv.migration.redis.RedisDoor;
import io.pryv.migration.redis.RedisServer;
import io.pryv.migration.redis.RoleFile;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * Keeps source from being a second writer once dest is elected: at run time and in its file. Its
 * register and dns begin with a write (field guide 3.12), so they must have started before.
 */
final class SourceFence {

  /** Where the register listens inside its container (field guide, section 1). */
  private static final int PORT = 9000;

  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(200);
  private static final int ANSWER_MS = 5_000;

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
    String found = askRegister();
    while (!found.isEmpty()) {
      if (System.nanoTime() - deadline >= 0 || Thread.currentThread().isInterrupted()) {
        throw new StepFailure(
            source.machine().name(),
            "port " + PORT + " of " + source.layout().registerContainer(),
            "source's own register, which must have started before its Redis refuses writes",
            found,
            "look at the log of this container; it serves nobody now, but is needed should you roll"
                + " back. Then retry");
      }
      LockSupport.parkNanos(BETWEEN_LOOKS.toNanos());
      found = askRegister();
    }
  }

  /** What is wrong with its answer; empty when it answers for the fixture that it has written. */
  private String askRegister() {
    String address = address();
    try (Socket socket = shell.connect(address, PORT)) {
      socket.setSoTimeout(ANSWER_MS);
      socket
          .getOutputStream()
          .write(
              ("GET /" + KeyComparison.FIXTURE_USER + "/check_username HTTP/1.0\r\n\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      socket.getOutputStream().flush();
      StringBuilder answer = new StringBuilder();
      byte[] bytes = new byte[4096];
      for (int read = socket.getInputStream().read(bytes);
          read >= 0;
          read = socket.getInputStream().read(bytes)) {
        answer.append(new String(bytes, 0, read, StandardCharsets.UTF_8));
      }
      return answer.toString().replaceAll("\\s", "").contains("\"reserved\":true")
          ? ""
          : answer.toString().strip();
    } catch (IOException | ConnectionLost e) {
      return address + ": " + e.getMessage();
    }
  }

  private String address() {
    List<String> words =
        List.of(
            shell
                .run(
                    Command.look(
                        "find the address of source's register",
                        "docker inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}"
                            + " {{end}}' "
                            + Quote.sh(source.layout().registerContainer())))
                .orFail("see that this container exists, then retry")
                .split("\\s+", -1));
    return words.get(0).isEmpty() ? "127.0.0.1" : words.get(0);
  }
}
