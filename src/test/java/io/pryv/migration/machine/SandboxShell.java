package io.pryv.migration.machine;

import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.StepFailure;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * A machine for tests: runs each script for real, with this machine's bash, in a directory of its
 * own. HOME is {@link #home}, CONF_ROOT {@link #confRoot}; programs of the test's choice stand
 * before the real ones on the PATH.
 */
public final class SandboxShell implements Shell, AutoCloseable {

  private static final int NOBODY = 65534;

  private final Path root;
  private final Machine machine;
  private final Map<String, Integer> routes = new HashMap<>();
  private final List<Command> ran = new CopyOnWriteArrayList<>();
  private volatile boolean nobody;
  private volatile Predicate<Command> lostBefore = command -> false;
  private volatile Predicate<Command> lostAfter = command -> false;

  private SandboxShell(Path root, Machine machine) {
    this.root = root;
    this.machine = machine;
  }

  /** An empty machine, named after its role: {@code source}, {@code dest-slave}, … */
  public static SandboxShell of(Machine.Role role) {
    try {
      String name = role.name().toLowerCase(Locale.ROOT).replace('_', '-');
      Path root = Files.createTempDirectory("sandbox-" + name + "-").toRealPath();
      for (String directory : List.of("home", "bin", "pryv")) {
        Files.createDirectory(root.resolve(directory));
      }
      return new SandboxShell(
          root,
          new Machine(
              role,
              name,
              "127.0.0.1",
              22,
              "root",
              root.resolve("operator-key").toString(),
              root.resolve("pryv").toString(),
              "127.0.0.1"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public Machine machine() {
    return machine;
  }

  /** HOME of the scripts and their working directory. */
  public Path home() {
    return root.resolve("home");
  }

  /** The machine's CONF_ROOT, empty at first. */
  public Path confRoot() {
    return root.resolve("pryv");
  }

  /** Directory of everything; scripts and stubs see it as {@code $SANDBOX}. */
  public Path root() {
    return root;
  }

  /** Writes a file below CONF_ROOT, with its directories, and gives its path. */
  public Path confFile(String path, String content) {
    return writeFile(confRoot().resolve(path), content);
  }

  /** Puts a program of that name before the real one; {@code bash} is its text. */
  public SandboxShell stub(String program, String bash) {
    executable(root.resolve("bin").resolve(program), bash);
    return this;
  }

  /**
   * From now on scripts run as a user who is not root, and to whom all belongs that is there; sudo
   * is a stub that only notes in {@code $SANDBOX/sudo} what it is to run, then runs it as the same
   * user.
   */
  public SandboxShell notRoot() {
    stub(
        "sudo", "printf '%s\\n' \"$*\" >>\"$SANDBOX/sudo\"; [ \"$1\" = -n ] && shift; exec \"$@\"");
    writeFile(root.resolve("sudo"), "");
    if (run(Command.look("who is it", "echo $EUID")).output().strip().equals("0")) {
      run(
          Command.look(
              "give all to nobody",
              "chmod 755 \"$SANDBOX\"; chown -R %1$d:%1$d \"$SANDBOX\"".formatted(NOBODY)));
      nobody = true;
    }
    ran.clear();
    return this;
  }

  /** What {@link #notRoot} was to run by sudo, a line for each line of it. */
  public List<String> bySudo() {
    try {
      return Files.readAllLines(root.resolve("sudo"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Connections to that address go to a port of the loopback instead. */
  public SandboxShell route(String host, int port, int localPort) {
    routes.put(host + ":" + port, localPort);
    return this;
  }

  /** Something happens on the machine right before the first such command runs. */
  public SandboxShell before(Predicate<Command> commands, Runnable happens) {
    AtomicBoolean happened = new AtomicBoolean();
    lostBefore =
        command -> {
          if (commands.test(command) && happened.compareAndSet(false, true)) {
            happens.run();
          }
          return false;
        };
    return this;
  }

  /** The connection is lost before such a command runs. */
  public SandboxShell loseConnectionBefore(Predicate<Command> commands) {
    lostBefore = commands;
    return this;
  }

  /** The connection is lost after such a command has run: nobody learns its result. */
  public SandboxShell loseConnectionAfter(Predicate<Command> commands) {
    lostAfter = commands;
    return this;
  }

  /** Every command that was run, in order. */
  public List<Command> ran() {
    return List.copyOf(ran);
  }

  /** The commands run so far that change something. */
  public List<Command> changes() {
    return ran.stream().filter(Command::changes).toList();
  }

  @Override
  public CommandResult run(Command command) {
    if (lostBefore.test(command)) {
      throw new ConnectionLost(machine.name(), command.purpose(), "no connection", null);
    }
    ran.add(command);
    long began = System.nanoTime();
    try {
      List<String> line = new ArrayList<>(List.of("bash", "-c", Bash.commandLine(command)));
      if (nobody) {
        line.addAll(
            0, List.of("setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups"));
      }
      ProcessBuilder builder = new ProcessBuilder(line).directory(home().toFile());
      builder.environment().put("HOME", home().toString());
      builder.environment().put("SANDBOX", root.toString());
      builder.environment().put("PATH", root.resolve("bin") + ":" + System.getenv("PATH"));
      Process process = builder.start();
      CompletableFuture<byte[]> output = drain(process.getInputStream());
      CompletableFuture<byte[]> errors = drain(process.getErrorStream());
      try (OutputStream input = process.getOutputStream()) {
        input.write(Bash.standardInput(routed(command)));
      } catch (IOException e) {
        // The script did not read all of its input, which is its own affair.
      }
      if (!process.waitFor(command.deadline().plus(Bash.GRACE).toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
        throw Bash.late(machine.name(), command, "still running");
      }
      Duration took = Duration.ofNanos(System.nanoTime() - began);
      Bash.checkEnd(machine.name(), command, process.exitValue(), took);
      CommandResult result =
          new CommandResult(
              machine.name(),
              command,
              process.exitValue(),
              Bash.printed(output.get(10, TimeUnit.SECONDS)),
              Bash.printed(errors.get(10, TimeUnit.SECONDS)),
              took);
      if (lostAfter.test(command)) {
        throw new ConnectionLost(machine.name(), command.purpose(), "connection reset", null);
      }
      return result;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    } catch (StepFailure e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException("sandbox " + machine.name() + ": " + command.script(), e);
    }
  }

  /** Connections that the script itself opens take the same routes. */
  private Command routed(Command command) {
    String script = command.script();
    for (Map.Entry<String, Integer> route : routes.entrySet()) {
      script =
          script.replace(
              "/dev/tcp/" + route.getKey().replace(':', '/'),
              "/dev/tcp/127.0.0.1/" + route.getValue());
    }
    return command.withScript(script);
  }

  /** Where a connection to that address goes from here. */
  public InetSocketAddress reached(String host, int port) {
    Integer local = routes.get(host + ":" + port);
    return local == null
        ? new InetSocketAddress(host, port)
        : new InetSocketAddress(InetAddress.getLoopbackAddress(), local);
  }

  @Override
  public Socket connect(String host, int port) {
    InetSocketAddress there = reached(host, port);
    try {
      return new Socket(there.getAddress(), there.getPort());
    } catch (IOException e) {
      throw new ConnectionLost(machine.name(), host + ":" + port, e.getMessage(), e);
    }
  }

  /** Removes everything. */
  @Override
  public void close() {
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Path executable(Path path, String bash) {
    try {
      writeFile(path, "#!/bin/bash\n" + bash + "\n");
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
      return path;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Path writeFile(Path path, String content) {
    try {
      Files.createDirectories(path.getParent());
      return Files.writeString(path, content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static CompletableFuture<byte[]> drain(InputStream stream) {
    return CompletableFuture.supplyAsync(
        () -> {
          try (stream) {
            return stream.readAllBytes();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }
}
