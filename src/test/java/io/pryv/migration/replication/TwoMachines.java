package io.pryv.migration.replication;

import io.pryv.lab.standin.FreePort;
import io.pryv.lab.standin.RedisLink;
import io.pryv.lab.standin.RedisProcess;
import io.pryv.migration.machine.SandboxHands;
import io.pryv.migration.machine.SandboxShell;
import io.pryv.migration.machine.SshdProcess;
import io.pryv.migration.machine.StubDocker;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.Register;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/** Source and dest with a real Redis each, and a real sshd on dest that source's ssh reaches. */
final class TwoMachines implements AutoCloseable {

  final String migration = UUID.randomUUID().toString();
  final SandboxShell sourceMachine = SandboxShell.of(Machine.Role.SOURCE);
  final SandboxShell destMachine = SandboxShell.of(Machine.Role.DEST);
  final SandboxHands hands = new SandboxHands(sourceMachine, destMachine);
  final StubDocker docker = new StubDocker(sourceMachine).register();
  final StubDocker destDocker = new StubDocker(destMachine).register();
  final RedisProcess sourceRedis = RedisProcess.start();
  final RedisProcess destRedis = RedisProcess.start();
  // What it is asked to run finds dest's programs.
  final SshdProcess sshd =
      SshdProcess.start(
          "SetEnv \"PATH=%s/bin:%s\" \"SANDBOX=%1$s\" BASH_ENV=%s"
              .formatted(
                  destMachine.root(),
                  System.getenv("PATH"),
                  SshdProcess.loginWords(destMachine.root())));
  final TunnelPorts ports = new TunnelPorts(FreePort.next(), destRedis.port(), sourceRedis.port());
  final Path conf = sourceMachine.confFile("reg-master/redis/conf/redis.conf", "port 6379\n");
  final Path authorizedKeys = sshd.directory().resolve("authorized_keys");
  final Register source = register(sourceMachine.machine());
  final Register dest =
      register(
          new Machine(
              Machine.Role.DEST,
              "dest",
              "127.0.0.1",
              sshd.port(),
              System.getProperty("user.name"),
              "key",
              "/var/pryv",
              "127.0.0.1"));

  TwoMachines() throws IOException {
    // Dest's ~/.ssh is where this sshd looks.
    Files.createSymbolicLink(destMachine.home().resolve(".ssh"), sshd.directory());
    destMachine.stub(
        "sshd", "echo 'port " + sshd.port() + "'; echo 'hostkey " + sshd.directory() + "/host'");
    sourceMachine.stub("sudo", "[ \"$1\" = -n ] && shift; exec \"$@\"");
    docker
        .container("pryv_redis_1")
        .address("172.18.0.5")
        .field(
            "{{range .Mounts}}{{.Source}}|{{.Destination}}{{println}}{{end}}",
            conf.getParent() + "|" + conf.getParent());
    destDocker.container("pryv_redis_1").address("172.19.0.5");
    sourceMachine.route("172.18.0.5", 6379, sourceRedis.port());
    destMachine.route("172.19.0.5", 6379, destRedis.port());
  }

  TunnelKey key() {
    return new TunnelKey(hands, TunnelEnds.toDest(source, dest, ports), migration, "ed25519");
  }

  Tunnel tunnel() {
    return new Tunnel(hands, TunnelEnds.toDest(source, dest, ports), migration);
  }

  Path privateKey() {
    return conf.resolveSibling("register-migration-" + migration);
  }

  static String runId(RedisProcess redis) throws Exception {
    try (RedisLink link = new RedisLink("127.0.0.1", redis.port())) {
      return link.send("PING").get().runId();
    }
  }

  @Override
  public void close() {
    tunnel().close();
    sshd.close();
    sourceRedis.close();
    destRedis.close();
    sourceMachine.close();
    destMachine.close();
  }

  private Register register(Machine machine) {
    return TunnelledRegister.ofOurs(machine, conf, "7.0.15");
  }
}
