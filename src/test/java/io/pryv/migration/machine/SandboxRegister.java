package io.pryv.migration.machine;

import io.pryv.migration.platform.Layout;
import io.pryv.migration.platform.Register;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;

/** A register of the 2018–2019 layout in a sandbox: containers of stub docker, files on disk. */
public final class SandboxRegister implements AutoCloseable {

  /**
   * The migration that tests speak of. Every JVM has its own: sandboxes share this machine's /tmp,
   * which stands for a container's, and tests run in two JVMs at a time.
   */
  public static final String MIGRATION = UUID.randomUUID().toString();

  private final SandboxShell shell;
  private final StubDocker docker;

  public SandboxRegister(SandboxShell shell) {
    this.shell = shell;
    this.docker = new StubDocker(shell).register();
    try {
      Files.createDirectories(data());
      shell.confFile("reg-master/redis/conf/redis.conf", "port 6379\nappendonly yes\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public SandboxShell shell() {
    return shell;
  }

  public StubDocker docker() {
    return docker;
  }

  /** One of its containers, by the compose service's name. */
  public StubDocker.Container container(String service) {
    return docker.container("pryv_" + service + "_1");
  }

  /** The Redis data directory. */
  public Path data() {
    return shell.confRoot().resolve("reg-master/redis/data");
  }

  /** The file that its Redis reads at its start. */
  public Path redisConf() {
    return shell.confRoot().resolve("reg-master/redis/conf/redis.conf");
  }

  /** The migration's directory on the machine. */
  public Path work() {
    return shell.home().resolve(".register-migration").resolve(MIGRATION);
  }

  /** Writes a file of the data directory. */
  public SandboxRegister dataFile(String name, String content) {
    SandboxShell.writeFile(data().resolve(name), content);
    return this;
  }

  /** As preflight would find it; the data belongs to whoever runs the tests. */
  public Register register() {
    String root = shell.confRoot().toString();
    try {
      return new Register(
          shell.machine(),
          new Layout(
              "docker-compose",
              root + "/reg-master.yml",
              "pryv",
              root + "/run-reg-master",
              root + "/stop-containers",
              data().toString(),
              Files.getAttribute(data(), "unix:uid") + ":" + Files.getAttribute(data(), "unix:gid"),
              root + "/reg-master/redis/conf/redis.conf",
              root + "/reg-master/nginx/conf",
              root + "/reg-master/nginx/conf/site.conf",
              root + "/reg-master/nginx/log/access.log",
              "pryv_redis_1",
              "pryv_reverse_proxy_1",
              "pryv_register_1",
              "pryv_dns_1",
              "5.0.2",
              List.of("reverse_proxy", "register", "dns", "redis", "mail")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    shell.close();
  }
}
