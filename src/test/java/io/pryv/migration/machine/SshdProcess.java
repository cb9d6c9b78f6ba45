package io.pryv.migration.machine;

import io.pryv.lab.standin.FreePort;
import io.pryv.migration.platform.Machine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A real sshd on the loopback, with its own host key, that lets whoever runs the tests log in. */
public final class SshdProcess implements AutoCloseable {

  private final Path directory;
  private final String address;
  private final int port;
  private Process process;

  private SshdProcess(Path directory, String address, int port) {
    this.directory = directory;
    this.address = address;
    this.port = port;
  }

  /** Starts it, with lines added to its configuration. */
  public static SshdProcess start(String... settings) {
    return startOn("127.0.0.1", settings);
  }

  /** As {@link #start}, on another address of the loopback. */
  public static SshdProcess startOn(String address, String... settings) {
    try {
      Path directory = Files.createTempDirectory("sshd-").toRealPath();
      SshdProcess sshd = new SshdProcess(directory, address, FreePort.next());
      sshd.key("host", "ed25519", "");
      sshd.key("operator", "ed25519", "");
      Files.copy(directory.resolve("operator.pub"), directory.resolve("authorized_keys"));
      Files.createDirectories(Path.of("/run/sshd"));
      Files.writeString(
          directory.resolve("sshd_config"),
          // Of two SetEnv sshd takes the first.
          """
          ListenAddress %s:%d
          HostKey %s/host
          AuthorizedKeysFile %s/authorized_keys
          PidFile none
          StrictModes no
          UsePAM no
          PasswordAuthentication no
          KbdInteractiveAuthentication no
          PermitRootLogin yes
          %s
          SetEnv BASH_ENV=%s
          """
              .formatted(
                  address,
                  sshd.port,
                  directory,
                  directory,
                  String.join("\n", settings),
                  loginWords(directory)));
      sshd.pinHostKey("host");
      sshd.boot();
      return sshd;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * A file that every bash reads which sshd starts, and those that take its place, as a ~/.bashrc:
   * one that prints, as many do.
   */
  public static Path loginWords(Path directory) throws IOException {
    return Files.writeString(
        directory.resolve("login-words"), "[ \"$SHLVL\" -gt 1 ] || echo Welcome\n");
  }

  /** Starts it again after {@link #halt}. */
  public void boot() {
    try {
      process =
          new ProcessBuilder(
                  "/usr/sbin/sshd", "-D", "-e", "-f", directory.resolve("sshd_config").toString())
              .redirectErrorStream(true)
              .redirectOutput(directory.resolve("log").toFile())
              .start();
      // It dies with the tests even when a test forgets it.
      Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
      for (int i = 0; !answers(); i++) {
        if (i == 100 || !process.isAlive()) {
          throw new IllegalStateException("no sshd: " + Files.readString(directory.resolve("log")));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Ends it and every connection it has. */
  public void halt() {
    dropConnections();
    process.destroyForcibly();
    try {
      process.waitFor(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Kills the processes that serve its connections; what they run is not told. */
  public void dropConnections() {
    process.children().forEach(ProcessHandle::destroyForcibly);
    process.children().flatMap(ProcessHandle::children).forEach(ProcessHandle::destroyForcibly);
  }

  /** The machine behind it, for the user who runs the tests. */
  public Machine machine() {
    return new Machine(
        Machine.Role.SOURCE,
        "source",
        address,
        port,
        System.getProperty("user.name"),
        directory.resolve("operator").toString(),
        "/var/pryv",
        address);
  }

  /** Lets that key log in, too. */
  public void authorize(Path key) {
    try {
      Files.writeString(
          directory.resolve("authorized_keys"),
          Files.readString(Path.of(key + ".pub")),
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The pinned host keys. */
  public Path knownHosts() {
    return directory.resolve("known_hosts");
  }

  public Path directory() {
    return directory;
  }

  public int port() {
    return port;
  }

  /** Makes a key pair; gives the private half's path. */
  public Path key(String name, String type, String passphrase, String... more) {
    try {
      Path file = directory.resolve(name);
      List<String> command =
          Stream.concat(
                  Stream.of(
                      "ssh-keygen", "-q", "-t", type, "-N", passphrase, "-f", file.toString()),
                  Stream.of(more))
              .toList();
      if (new ProcessBuilder(command).inheritIO().start().waitFor() != 0) {
        throw new IllegalStateException(command.toString());
      }
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Replaces the pinned key by the public half of that one. */
  public void pinHostKey(String key) {
    try {
      Files.writeString(
          knownHosts(),
          "[" + address + "]:" + port + " " + Files.readString(directory.resolve(key + ".pub")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    halt();
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private boolean answers() {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(address, port), 200);
      // Somebody else's port, if it came to that, may say nothing for ever.
      socket.setSoTimeout(2000);
      return socket.getInputStream().read() == 'S';
    } catch (IOException e) {
      pause();
      return false;
    }
  }

  private void pause() {
    try {
      if (process.waitFor(50, TimeUnit.MILLISECONDS)) {
        throw new IllegalStateException("sshd ended, see " + directory.resolve("log"));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
