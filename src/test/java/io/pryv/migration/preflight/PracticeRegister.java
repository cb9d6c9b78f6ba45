package io.pryv.migration.preflight;

import io.pryv.migration.machine.SandboxShell;
import io.pryv.migration.machine.StubDocker;
import io.pryv.migration.platform.Machine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;

/** A machine for tests with a CONF_ROOT as deployed: the practice platform's own files. */
public final class PracticeRegister {

  static final String IMAGE = "pryv-lab-services:latest";

  private final SandboxShell shell;
  private final StubDocker docker;
  private final String role;

  private PracticeRegister(SandboxShell shell, String role) {
    this.shell = shell;
    this.role = role;
    deploy(Path.of("src/lab/platform", role));
    docker = new StubDocker(shell);
    tools();
  }

  public static PracticeRegister master(Machine.Role role) {
    return new PracticeRegister(SandboxShell.of(role), "master");
  }

  static PracticeRegister slave(Machine.Role role) {
    return new PracticeRegister(SandboxShell.of(role), "slave");
  }

  public SandboxShell shell() {
    return shell;
  }

  public StubDocker docker() {
    return docker;
  }

  public Path file(String belowConfRoot) {
    return shell.confRoot().resolve(belowConfRoot);
  }

  /** Replaces a text that must be there. */
  public PracticeRegister edit(String belowConfRoot, String from, String to) {
    try {
      String text = Files.readString(file(belowConfRoot));
      if (!text.contains(from)) {
        throw new IllegalArgumentException(from + " is not in " + belowConfRoot);
      }
      Files.writeString(file(belowConfRoot), text.replace(from, to));
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  PracticeRegister remove(String belowConfRoot) {
    remove(file(belowConfRoot));
    return this;
  }

  private static void remove(Path all) {
    try (Stream<Path> files = Files.walk(all)) {
      for (Path path : files.sorted((a, b) -> b.compareTo(a)).toList()) {
        Files.delete(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Its services run, with data. */
  PracticeRegister launched() {
    containers();
    docker.container("pryv_redis_1").program("ssh", ":").program("redis-cli", ":");
    shell.confFile("reg-" + role + "/redis/data/appendonly.aof", "x".repeat(100_000));
    return this;
  }

  /** Its containers are there and run. */
  public PracticeRegister containers() {
    List<String> services =
        role.equals("master")
            ? List.of("reverse_proxy", "register", "dns", "redis", "mail")
            : List.of("reverse_proxy", "register", "dns", "redis");
    for (String service : services) {
      docker
          .service("pryv", service)
          .field(
              "{{range .Mounts}}{{.Source}}>{{.Destination}} {{end}}",
              file("reg-" + role) + "/" + service + "/conf>/app/conf ");
    }
    if (role.equals("master")) {
      docker
          .container("pryv_reverse_proxy_1")
          .program(
              "nginx",
              """
              [ "$1" = -T ] || exit 0
              for file in %1$s/nginx.conf %1$s/site*.conf; do
                echo "# configuration file /app/conf/${file##*/}:"
                cat "$file"
                echo
              done
              """
                  .formatted(file("reg-master/nginx/conf")));
    }
    return this;
  }

  /** These tools are the real ones from now on. */
  public PracticeRegister real(String... tools) {
    for (String tool : tools) {
      remove(shell.root().resolve("bin").resolve(tool));
    }
    return this;
  }

  /** The lines that ssh-keyscan prints for another machine, whatever it is asked. */
  PracticeRegister meets(String hostKey) {
    shell.stub("ssh-keyscan", "echo '127.0.0.1 " + hostKey + "'");
    return this;
  }

  private void deploy(Path template) {
    try (Stream<Path> files = Files.walk(template)) {
      for (Path from : files.filter(Files::isRegularFile).toList()) {
        String text =
            Files.readString(from)
                .replace("@ADDRESS@", "10.8.0.1")
                .replace("@MASTER@", "192.0.2.1")
                .replace("@SLAVE@", "192.0.2.2")
                .replace("@RELEASE@", "1.3")
                .replace("@KEEPALIVE@", "100")
                .replace("@SEPARATE_BUFFERS@", "false")
                .replace("@XMX@", "96m");
        Path to = shell.confFile(template.relativize(from).toString(), text);
        if (Files.isExecutable(from)) {
          Files.setPosixFilePermissions(to, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
      }
      Files.createDirectories(file("reg-" + role + "/redis/data"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void tools() {
    String name = shell.machine().name();
    shell.stub("rrsync", ":");
    shell.stub("rsync", "echo 'rsync  version 3.2.7  protocol version 31'");
    shell.stub("ssh", "echo 'OpenSSH_9.2p1 Debian-2, OpenSSL 3.0' >&2");
    shell.stub("ss", "echo 'tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:*'");
    shell.stub("sshd", "echo \"hostkey $SANDBOX/hostkey\"; echo 'allowtcpforwarding yes'");
    write(shell.root().resolve("hostkey.pub"), hostKey(name) + " root@" + name + "\n");
    write(shell.root().resolve("docker-images"), IMAGE + " sha256:cafe\n");
    write(
        shell.root().resolve("docker-run"),
        """
        case "$*" in
          *command*) printf '%s\\n' bash ssh redis-cli timeout ;;
          *) echo 'Redis server v=5.0.2 sha=00000000:0 malloc=jemalloc-5.1.0 bits=64' ;;
        esac
        """);
  }

  static String hostKey(String machine) {
    return "ssh-ed25519 AAAA" + machine.replace("-", "");
  }

  void write(Path file, String text) {
    try {
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
