package io.pryv.migration.cutover;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.pryv.lab.standin.CoreServer;
import io.pryv.lab.standin.FreePort;
import io.pryv.lab.standin.RedisLink;
import io.pryv.lab.standin.RedisProcess;
import io.pryv.lab.standin.RegisterConfig;
import io.pryv.lab.standin.RegisterServer;
import io.pryv.lab.standin.SmallRegister;
import io.pryv.migration.machine.SandboxHands;
import io.pryv.migration.machine.SandboxRegister;
import io.pryv.migration.machine.SandboxShell;
import io.pryv.migration.machine.ServerIdentity;
import io.pryv.migration.machine.SshdProcess;
import io.pryv.migration.machine.StubDocker;
import io.pryv.migration.platform.Layout;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.Register;
import io.pryv.migration.proxy.HoldText;
import io.pryv.migration.proxy.NginxSite;
import io.pryv.migration.redis.JedisServers;
import io.pryv.migration.redis.RedisAddresses;
import io.pryv.migration.redis.RedisConf;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.springframework.util.FileSystemUtils;

/**
 * What a live cut-over meets, on the loopback: a real Redis on both sides, dest's following
 * source's; the stand-in register on both sides; source's nginx, which asks dest again what source
 * refuses; dest's nginx; a real sshd on dest, for the tunnel's key only; a core.
 */
final class LivePlatform implements AutoCloseable {

  /** Of a registration, for the switch. */
  static final Duration LONGEST_WAIT = Duration.ofSeconds(8);

  static final String MIGRATION = SandboxRegister.MIGRATION;
  private static final String SITE =
      """
      upstream register_server {
        server 127.0.0.1:%d;
      }
      server {
        listen 127.0.0.1:%d;
        location / {
          proxy_pass http://register_server;
        }
      }
      """;

  final SandboxRegister sourceMachine = new SandboxRegister(SandboxShell.of(Machine.Role.SOURCE));
  final SandboxShell destMachine = SandboxShell.of(Machine.Role.DEST);
  final SandboxHands hands = new SandboxHands(sourceMachine.shell(), destMachine);
  final JedisServers door = new JedisServers(hands, new RedisAddresses());
  final SshdProcess sshd;
  final Register source = sourceMachine.register();
  final Register dest;
  final Path conf = Path.of(source.layout().redisConfFile());
  final Path destConf =
      destMachine.confFile(
          "reg-master/redis/conf/redis.conf", RedisConf.fenced("port 6379\n", "7.0.15"));
  final Path site = Path.of(source.layout().nginxSiteFile());
  final Path staged = site.resolveSibling("site.conf.register-migration");
  final int web = FreePort.next();

  /** Where registrations wait for the switch: nginx's workers, who are nobody, must reach it. */
  private final Path hold = openToAll("hold-");

  private boolean holds = true;
  RedisProcess sourceRedis;
  RedisProcess destRedis;
  private final Path certificate;
  private final RegisterServer sourceRegister;
  private final RegisterServer destRegister;
  final CoreServer core;
  private final List<Process> nginx = new ArrayList<>();
  private final int destWeb = FreePort.next();

  LivePlatform() {
    try {
      sourceRedis = RedisProcess.start("--appendonly", "yes");
      destRedis = RedisProcess.start("--appendonly", "yes");
      core = new CoreServer(read("{\"port\":0,\"name\":\"core1\"}", CoreServer.Config.class));
      core.start();
      sourceRegister = register(sourceRedis.port());
      destRegister = register(destRedis.port());
      sourceMachine.container("redis").address("127.0.0.1");
      sourceMachine.shell().route("127.0.0.1", 6379, sourceRedis.port());
      StubDocker destDocker = new StubDocker(destMachine).register();
      destDocker.container("pryv_redis_1").address("172.19.0.5");
      destMachine.route("172.19.0.5", 6379, destRedis.port());
      Files.createDirectories(conf.getParent());
      Files.writeString(conf, "port 6379\n# caf\u00e9\n", StandardCharsets.ISO_8859_1);
      sshd = SshdProcess.start();
      tunnelKey();
      dest =
          new Register(
              new Machine(
                  Machine.Role.DEST,
                  "dest",
                  "127.0.0.1",
                  sshd.port(),
                  System.getProperty("user.name"),
                  "key",
                  "/var/pryv",
                  "127.0.0.1"),
              layoutOfDest());
      certificate = makeCertificate();
      startNginx();
      try (RedisLink link = dest()) {
        link.send("CONFIG", "SET", "min-replicas-to-write", "99").get();
        follow(link);
      }
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** As source's, with a redis.conf of its own. */
  private Layout layoutOfDest() {
    Layout of = source.layout();
    return new Layout(
        of.composeCommand(),
        of.composeFile(),
        of.project(),
        of.startScript(),
        of.stopScript(),
        of.dataDirectory(),
        of.dataOwner(),
        destConf.toString(),
        of.nginxConfDirectory(),
        of.nginxSiteFile(),
        of.accessLog(),
        of.redisContainer(),
        of.nginxContainer(),
        of.registerContainer(),
        of.dnsContainer(),
        of.redisVersion());
  }

  /** Dest follows source, and has what it has. */
  private void follow(RedisLink onDest) throws Exception {
    onDest.send("REPLICAOF", "127.0.0.1", String.valueOf(sourceRedis.port())).get();
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> info(onDest, "replication").contains("master_link_status:up"));
  }

  /** As docker would start dest's Redis again: with its data, and with a file that says fenced. */
  void restartDestFenced() {
    destRedis =
        RedisProcess.startOn(
            destRedis.port(),
            "--dir",
            destRedis.directory().toString(),
            "--appendonly",
            "yes",
            "--min-replicas-to-write",
            "99");
  }

  SwitchScript script() {
    return new SwitchScript(
        source,
        dest,
        MIGRATION,
        key().toString(),
        staged.toString(),
        holds ? hold.toString() : "",
        sourceRegister.port(),
        "127.0.0.1",
        destRedis.port(),
        sourceRedis.port(),
        destRedis.port());
  }

  Switch switchOver() {
    return new Switch(hands, hands.journal(), door, script());
  }

  RedisLink source() {
    return new RedisLink("127.0.0.1", sourceRedis.port());
  }

  RedisLink dest() {
    return new RedisLink("127.0.0.1", destRedis.port());
  }

  static String info(RedisLink redis, String section) throws Exception {
    return (String) redis.send("INFO", section).get().value();
  }

  static String setting(RedisLink redis, String name) throws Exception {
    return String.valueOf(((List<?>) redis.send("CONFIG", "GET", name).get().value()).get(1));
  }

  static String runId(RedisLink redis) throws Exception {
    return redis.send("PING").get().runId();
  }

  /** What the program does before it launches the switch by itself. */
  void prepare() {
    try {
      Path state = state();
      Files.createDirectories(state);
      Files.copy(conf, state.resolve("redis.conf"));
      Files.writeString(
          conf,
          RedisConf.replica(
              Files.readString(conf, StandardCharsets.ISO_8859_1),
              "127.0.0.1",
              destRedis.port(),
              "7.0.15"),
          StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Path state() {
    return sourceMachine.work().resolve("switch-state");
  }

  /** Runs a script as source would, its output into a file. */
  Process run(String text, Path output) {
    try {
      Path file = Files.writeString(sourceMachine.shell().root().resolve("switch"), text);
      ProcessBuilder builder =
          new ProcessBuilder("setsid", "bash", file.toString())
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()));
      Map<String, String> environment = builder.environment();
      environment.put("HOME", sourceMachine.shell().home().toString());
      environment.put("SANDBOX", sourceMachine.shell().root().toString());
      environment.put(
          "PATH", sourceMachine.shell().root().resolve("bin") + ":" + System.getenv("PATH"));
      return builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The site file with which what source refuses is asked of dest, and registrations wait for the
   * switch.
   */
  String retrying() {
    return onOurPort(
        NginxSite.parse(original())
            .untilMoved(
                "127.0.0.1",
                Optional.of(failures().toString()),
                Optional.of(holdText()).filter(text -> holds)));
  }

  private HoldText holdText() {
    return new HoldText(hold.toString(), LONGEST_WAIT);
  }

  /** Nothing waits for the switch from now on, as the operator may choose. */
  void holdNothing() throws Exception {
    holds = false;
    useSite(retrying());
  }

  private static Path openToAll(String prefix) {
    try {
      return Files.createTempDirectory(
          prefix,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx--x--x")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The log of writes that are not asked again. */
  Path failures() {
    return sourceMachine.shell().root().resolve("failures.log");
  }

  /** The site file without it. */
  String original() {
    return SITE.formatted(sourceRegister.port(), web);
  }

  /** The site file that leads to dest. */
  String proxying() {
    return onOurPort(NginxSite.parse(original()).proxyTo("127.0.0.1"));
  }

  private String onOurPort(String text) {
    return text.replace("127.0.0.1:443;", "127.0.0.1:" + destWeb + ";")
        .replace(ServerIdentity.fileInside("127.0.0.1"), certificate.resolve("crt").toString());
  }

  /** Puts a site file in place and lets nginx read it. */
  void useSite(String text) throws Exception {
    Files.writeString(site, text);
    Process master = nginx.get(1);
    List<ProcessHandle> old = master.children().toList();
    new ProcessBuilder("kill", "-HUP", String.valueOf(master.pid())).start().waitFor();
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> old.stream().noneMatch(ProcessHandle::isAlive));
  }

  private Path key() {
    return conf.resolveSibling("register-migration-" + MIGRATION);
  }

  private void tunnelKey() throws Exception {
    Path key = sshd.key("tunnel", "ed25519", "");
    Files.copy(key, key());
    Files.setPosixFilePermissions(key(), PosixFilePermissions.fromString("r--------"));
    Files.copy(sshd.knownHosts(), Path.of(key() + ".known_hosts"));
    Path authorized = sshd.directory().resolve("authorized_keys");
    Files.writeString(
        authorized,
        "restrict,port-forwarding,permitopen=\"127.0.0.1:%d\",command=\"/bin/false\" %s%s"
            .formatted(
                destRedis.port(),
                Files.readString(Path.of(key + ".pub")),
                Files.readString(authorized)));
  }

  private RegisterServer register(int redis) throws IOException {
    RegisterServer register =
        new RegisterServer(
            RegisterConfig.parse(
                SmallRegister.json(0, 0, redis, core.port(), "\"release\":\"1.6\"")));
    register.start();
    return register;
  }

  private static <T> T read(String json, Class<T> type) throws IOException {
    return new ObjectMapper().readValue(json, type);
  }

  private Path makeCertificate() throws Exception {
    Path directory = Files.createDirectory(sourceMachine.shell().root().resolve("certificate"));
    Process openssl =
        new ProcessBuilder(
                List.of(
                    "openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out crt -days 2 -subj /CN=127.0.0.1"
                        .split(" ", -1)))
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("output").toFile())
            .start();
    if (openssl.waitFor() != 0) {
      throw new IllegalStateException(Files.readString(directory.resolve("output")));
    }
    return directory;
  }

  private void startNginx() throws Exception {
    Path home = Files.createDirectory(destMachine.root().resolve("nginx"));
    Path destSite =
        Files.writeString(
            home.resolve("site.conf"),
            """
            server {
              listen 127.0.0.1:%d ssl;
              location / { proxy_pass http://127.0.0.1:%d; }
            }
            """
                .formatted(destWeb, destRegister.port()));
    nginx(home, destSite, destWeb);
    Files.createDirectories(site.getParent());
    Files.writeString(site, retrying());
    nginx(Files.createDirectory(sourceMachine.shell().root().resolve("nginx")), site, web);
    sourceMachine
        .container("reverse_proxy")
        .top(
            "PID COMMAND\n%d nginx: master process nginx -g daemon off;\n"
                .formatted(nginx.get(1).pid()))
        .program("nginx", "exec /usr/sbin/nginx \"$@\"");
    Files.writeString(hold.resolve("conf"), holdText().configuration(64));
    Files.writeString(staged, proxying());
  }

  private void nginx(Path home, Path siteFile, int port) throws Exception {
    Path main =
        Files.writeString(
            home.resolve("nginx.conf"),
            """
            daemon off;
            worker_processes 2;
            pid %1$s/pid;
            error_log %1$s/error.log;
            events {}
            http {
              access_log off;
              client_body_temp_path %1$s/b; proxy_temp_path %1$s/p; fastcgi_temp_path %1$s/f;
              uwsgi_temp_path %1$s/u; scgi_temp_path %1$s/s;
              ssl_certificate %2$s/crt;
              ssl_certificate_key %2$s/key;
              include %3$s;
            }
            """
                .formatted(home, certificate, siteFile));
    Process process =
        new ProcessBuilder("nginx", "-c", main.toString())
            .redirectErrorStream(true)
            .redirectOutput(home.resolve("output").toFile())
            .start();
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
    nginx.add(process);
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .ignoreExceptions()
        .until(
            () -> {
              try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 500);
                return true;
              }
            });
  }

  /** Whatever became of the test. */
  private void endHolder() {
    try {
      Path pid = hold.resolve("pid");
      if (Files.exists(pid)) {
        ProcessHandle.of(Long.parseLong(Files.readString(pid).strip()))
            .ifPresent(ProcessHandle::destroyForcibly);
      }
      FileSystemUtils.deleteRecursively(hold);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    for (Process process : nginx) {
      process.destroy();
      try {
        process.waitFor(10, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    sourceRegister.close();
    destRegister.close();
    core.close();
    sshd.close();
    sourceRedis.close();
    destRedis.close();
    endHolder();
    sourceMachine.close();
    destMachine.close();
  }
}
