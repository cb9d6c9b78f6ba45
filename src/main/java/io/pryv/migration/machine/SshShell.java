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

  /** A dead connection is noticed here at the latest; nothing has run yet, so one more is tried. */
  private Session startSession(Command command) {
    for (int attempt = 1; ; attempt++) {
      SSHClient client = connection.open();
      try {
        return client.startSession();
      } catch (IOException | IllegalStateException e) {
        connection.discard(client);
        if (attempt == 2) {
          throw new ConnectionLost(
              machine.name(), command.purpose(), "no session: " + e.getMessage(), e);
        }
      }
    }
  }

  private static void awaitEnd(Session.Command running, long deadline)
      throws IOException, TimeoutException {
    try {
      running.join(Math.max(1, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
    } catch (ConnectionException e) {
      if (e.getCause() instanceof TimeoutException timeout) {
        throw timeout;
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
    for (int attempt = 1; ; attempt++) {
      SSHClient client = connection.open();
      try {
        return new ChannelSocket(client.newDirectConnection(host, port), host, port);
      } catch (OpenFailException e) {
        throw new StepFailure(
            machine.name(),
            "a connection from there to " + host + ":" + port,
            "a channel of the SSH connection (direct-tcpip)",
            e.getReason() + ": " + e.getMessage(),
            "see that something listens there, and that the machine's sshd has AllowTcpForwarding"
                + " local or yes",
            e);
      } catch (IOException | IllegalStateException e) {
        connection.discard(client);
        if (attempt == 2) {
          throw new ConnectionLost(
              machine.name(), "a connection from there to " + host + ":" + port, rootMessage(e), e);
        }
      }
    }
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
