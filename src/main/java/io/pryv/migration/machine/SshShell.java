package io.pryv.migration.machine;

import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.StepFailure;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import net.schmizz.sshj.SSHClient;
import net.schmizz.sshj.connection.ConnectionException;
import net.schmizz.sshj.connection.channel.OpenFailException;
import net.schmizz.sshj.connection.channel.direct.Session;
import net.schmizz.sshj.connection.channel.direct.Signal;

/** A machine's bash over its SSH connection. */
final class SshShell implements Shell {

  /** More output than that is no answer that a step can work with. */
  private static final int LARGEST_OUTPUT = 8 << 20;

  private static final int UNKNOWN_SIGNAL = 255;
  private static final long SESSION_AGAIN_MS = 50;

  private static final Executor READERS =
      Executors.newCachedThreadPool(
          work -> {
            Thread thread = new Thread(work, "ssh-reader");
            thread.setDaemon(true);
            return thread;
          });

  private final Machine machine;
  private final SshConnection connection;

  SshShell(Machine machine, SshConnection connection) {
    this.machine = machine;
    this.connection = connection;
  }

  @Override
  public Machine machine() {
    return machine;
  }

  @Override
  public CommandResult run(Command command) {
    boolean acquired = false;
    try {
      acquired =
          connection.sessions().tryAcquire(command.deadline().toMillis(), TimeUnit.MILLISECONDS);
      if (!acquired) {
        throw Bash.late(
            machine.name(),
            command,
            "it was not even begun: other commands take all of the connection's sessions");
      }
      return runNow(command);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ConnectionLost(
          machine.name(), command.purpose(), "this program is being stopped", e);
    } finally {
      if (acquired) {
        connection.sessions().release();
      }
    }
  }

  private CommandResult runNow(Command command) throws InterruptedException {
    long began = System.nanoTime();
    Session session = startSession(command);
    try {
      Session.Command running = session.exec(Bash.commandLine(command));
      CompletableFuture<Drained> output = drain(running.getInputStream());
      CompletableFuture<Drained> errors = drain(running.getErrorStream());
      CompletableFuture<Void> input = feed(running, Bash.standardInput(command));
      long deadline = began + command.deadline().plus(Bash.GRACE).toNanos();
      Drained printed = output.get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
      Drained complained = errors.get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
      awaitEnd(running, deadline);
      input.cancel(true);
      Duration took = Duration.ofNanos(System.nanoTime() - began);
      int exitCode = exitCode(running, command);
      Bash.checkEnd(machine.name(), command, exitCode, took);
      if (printed.cut || complained.cut) {
        throw new StepFailure(
            machine.name(),
            command.purpose(),
            "at most " + (LARGEST_OUTPUT >> 20) + " MiB of output",
            "more; it ended with exit code " + exitCode,
            "see what it prints so much of");
      }
      return new CommandResult(
          machine.name(),
          command,
          exitCode,
          Bash.printed(printed.bytes),
          Bash.printed(complained.bytes),
          took);
    } catch (TimeoutException e) {
      throw Bash.late(machine.name(), command, "still running; its channel was closed");
    } catch (IOException | ExecutionException e) {
      throw new ConnectionLost(
          machine.name(),
          command.purpose(),
          "the connection was lost while it ran: " + rootMessage(e),
          e);
    } finally {
      // Waits for the machine's answer, which is nobody's concern any more.
      READERS.execute(() -> closeQuietly(session));
    }
  }

  /**
   * Nothing has run yet. So a dead connection, noticed here at the latest, is replaced; and when
   * sshd allows fewer sessions at once than we have begun, others are waited for.
   */
  private Session startSession(Command command) throws InterruptedException {
    long deadline = System.nanoTime() + command.deadline().toNanos();
    for (boolean again = false; ; ) {
      SSHClient client = connection.open();
      try {
        return client.startSession();
      } catch (OpenFailException e) {
        if (System.nanoTime() - deadline > 0) {
          throw new StepFailure(
              machine.name(),
              command.purpose(),
              "a session of its sshd",
              e.getReason() + ": " + e.getMessage(),
              "see MaxSessions in the machine's sshd_config, then retry the step",
              e);
        }
        TimeUnit.MILLISECONDS.sleep(SESSION_AGAIN_MS);
      } catch (IOException | IllegalStateException e) {
        // One that answers late is no dead one: what others run on it goes on.
        if (!timedOut(e)) {
          connection.discard(client);
        }
        if (again || timedOut(e)) {
          throw new ConnectionLost(
              machine.name(), command.purpose(), "no session: " + rootMessage(e), e);
        }
        again = true;
      }
    }
  }

  private static void awaitEnd(Session.Command running, long deadline)
      throws IOException, TimeoutException {
    try {
      running.join(Math.max(1, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
    } catch (ConnectionException e) {
      if (timedOut(e)) {
        throw (TimeoutException) e.getCause();
      }
      throw e;
    }
  }

  private int exitCode(Session.Command ended, Command command) {
    Integer status = ended.getExitStatus();
    if (status != null) {
      return status;
    }
    Signal signal = ended.getExitSignal();
    if (signal == null) {
      throw new ConnectionLost(
          machine.name(), command.purpose(), "the connection was lost while it ran", null);
    }
    return switch (signal) {
      case HUP -> 129;
      case INT -> 130;
      case KILL -> 137;
      case PIPE -> 141;
      case TERM -> 143;
      default -> UNKNOWN_SIGNAL;
    };
  }

  @Override
  public Socket connect(String host, int port) {
    String about = "a connection from there to " + host + ":" + port;
    for (boolean again = false; ; again = true) {
      SSHClient client = connection.open();
      try {
        return new ChannelSocket(client.newDirectConnection(host, port), host, port);
      } catch (OpenFailException e) {
        throw unreachable(about, e.getReason() + ": " + e.getMessage(), e);
      } catch (IOException | IllegalStateException e) {
        if (timedOut(e)) {
          throw unreachable(about, "no answer", e);
        }
        connection.discard(client);
        if (again) {
          throw new ConnectionLost(machine.name(), about, rootMessage(e), e);
        }
      }
    }
  }

  private StepFailure unreachable(String about, String found, Exception cause) {
    return new StepFailure(
        machine.name(),
        about,
        "a channel of the SSH connection (direct-tcpip)",
        found,
        "see that something listens there, and that the machine's sshd has AllowTcpForwarding"
            + " local or yes",
        cause);
  }

  private static boolean timedOut(Exception e) {
    return e instanceof ConnectionException && e.getCause() instanceof TimeoutException;
  }

  private static CompletableFuture<Void> feed(Session.Command running, byte[] input) {
    return CompletableFuture.runAsync(
        () -> {
          try (OutputStream stream = new PacedOutput(running)) {
            stream.write(input);
          } catch (IOException e) {
            // The script ended without reading all of it; whoever waits for its end learns more.
          }
        },
        READERS);
  }

  private static CompletableFuture<Drained> drain(InputStream stream) {
    CompletableFuture<Drained> drained = new CompletableFuture<>();
    READERS.execute(
        () -> {
          try {
            drained.complete(Drained.of(stream));
          } catch (IOException | RuntimeException e) {
            drained.completeExceptionally(e);
          }
        });
    return drained;
  }

  private static String rootMessage(Throwable e) {
    Throwable root = e;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return String.valueOf(root.getMessage());
  }

  private static void closeQuietly(Session session) {
    try {
      session.close();
    } catch (IOException e) {
      // The command's outcome is known already.
    }
  }

  /** A stream read to its end, kept up to a limit. */
  private static final class Drained {
    private final byte[] bytes;
    private final boolean cut;

    private Drained(byte[] bytes, boolean cut) {
      this.bytes = bytes;
      this.cut = cut;
    }

    static Drained of(InputStream stream) throws IOException {
      ByteArrayOutputStream kept = new ByteArrayOutputStream();
      byte[] buffer = new byte[32 << 10];
      boolean cut = false;
      for (int n = stream.read(buffer); n >= 0; n = stream.read(buffer)) {
        int room = LARGEST_OUTPUT - kept.size();
        kept.write(buffer, 0, Math.min(n, room));
        cut |= n > room;
      }
      return new Drained(kept.toByteArray(), cut);
    }
  }
}
