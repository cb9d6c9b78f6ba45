package io.pryv.migration.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.dns.FakeDns;
import io.pryv.migration.machine.SandboxHands;
import io.pryv.migration.machine.SandboxShell;
import io.pryv.migration.machine.StubDocker;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.Options;
import io.pryv.migration.platform.Platform;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.process.FakeStep;
import io.pryv.migration.process.Following;
import io.pryv.migration.process.StandingWatch;
import io.pryv.migration.redis.FakeRedis;
import io.pryv.migration.redis.RedisSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * After the return dest follows source, or the operator is told why it does not; the watch looks
 * after it until it leaves.
 */
class FollowSourceBackTest {

  private static final String CORE = "core1.pryv.lab";

  private final SandboxShell sourceMachine = SandboxShell.of(Machine.Role.SOURCE);
  private final SandboxShell destMachine = SandboxShell.of(Machine.Role.DEST);
  private final SandboxHands hands = new SandboxHands(sourceMachine, destMachine);
  private final Path sourceConf =
      sourceMachine.confFile("reg-master/redis/conf/redis.conf", "port 6379\n");
  private final Path destConf =
      destMachine.confFile("reg-master/redis/conf/redis.conf", "port 6379\n");
  private final FakeRedis source = new FakeRedis("source").fixture(CORE);
  private final FakeRedis dest = new FakeRedis("dest").fixture(CORE);
  private final FakeDns dns = new FakeDns();
  private final StubDocker docker = new StubDocker(destMachine).register();
  private FakeStep step;
  private FollowSourceBackDelegate follow;

  @BeforeEach
  void sourceIsTheWriterAgainAndDestIsFenced() throws IOException {
    sourceMachine.stub("sshd", "echo hostkey $HOME/host");
    Files.writeString(
        sourceMachine.home().resolve("host.pub"),
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIBQvD5JuWnPx46ISP8z+5QZB7ZLKqSAI98C8WzM9xKR root@src\n");
    new StubDocker(sourceMachine).register().container("pryv_redis_1").address("172.19.0.5");
    destMachine.stub("sudo", "[ \"$1\" = -n ] && shift; exec \"$@\"");
    docker
        .container("pryv_redis_1")
        .field(
            "{{range .Mounts}}{{.Source}}|{{.Destination}}{{println}}{{end}}",
            destConf.getParent() + "|/app/conf");
    redisSays("role:master");
    sshIsAccepted(true);
    for (FakeRedis redis : List.of(source, dest)) {
      redis.user("ariane", "ariane@mail.example", CORE);
    }
    source.user("newcomer", "newcomer@mail.example", CORE);
    dest.fence();
    dest.reaches("127.0.0.1", 4567, source).says("master_sync_in_progress", "0");
    dns.up("127.0.0.1");
    step =
        new FakeStep(
                UUID.randomUUID().toString(),
                new Platform(
                    "lab",
                    "pryv.lab",
                    sourceMachine.machine(),
                    destMachine.machine(),
                    List.of(),
                    List.of(),
                    "known_hosts",
                    List.of("10.90.0.20"),
                    List.of("10.90.0.21"),
                    new Options(
                        true,
                        "",
                        "ed25519",
                        5,
                        1 << 20,
                        Duration.ofMinutes(2),
                        false,
                        List.of("reg"),
                        200,
                        Duration.ofMinutes(1),
                        null)),
                hands,
                hands.journal(),
                TunnelledRegister.ofOurs(sourceMachine.machine(), sourceConf, "5.0.2"),
                TunnelledRegister.ofOurs(destMachine.machine(), destConf, "5.0.2"))
            .reaching(FakeRedis.door(source, dest));
    follow = new FollowSourceBackDelegate(step.contexts());
  }

  @AfterEach
  void close() {
    tunnel().close();
    sourceMachine.close();
    destMachine.close();
  }

  private Tunnel tunnel() {
    return new Tunnel(
        hands,
        TunnelEnds.toSource(step.source(), step.dest(), TunnelPorts.PROCEDURE),
        step.migration());
  }

  /** With -N it stays; without, the forced command tells where source's Redis is. */
  private void sshIsAccepted(boolean accepted) {
    docker
        .container("pryv_redis_1")
        .program(
            "ssh",
            accepted
                ? "case \" $* \" in *' -N '*) exec sleep 600 ;; esac; echo Welcome; echo 'register-migration=172.19.0.5 '"
                : "echo 'Permission denied (publickey).' >&2; exit 255");
  }

  /** Inside the container, at both ends of the tunnel. */
  private void redisSays(String... replication) {
    docker
        .container("pryv_redis_1")
        .program(
            "redis-cli",
            "printf 'run_id:run-source\\r\\n" + String.join("\\r\\n", replication) + "\\r\\n'");
  }

  private int changes() {
    return sourceMachine.changes().size()
        + destMachine.changes().size()
        + hands.journal().edits("source").size()
        + hands.journal().edits("dest").size();
  }

  private StandingWatch.Finding look(TunnelWatch watch) {
    return watch.look(step, Following.DEST);
  }

  @Test
  void destKnowsWhoRegistersAndASecondRunFindsThatDone() throws IOException {
    assertThat(step.run(follow)).startsWith("dest follows source");
    assertThat(step.evidence("followBack")).startsWith("Dest follows source");
    assertThat(dest.get("newcomer:server")).isEqualTo(CORE);
    String conf = Files.readString(destConf);
    assertThat(RedisSettings.find(conf, "replicaof")).isEmpty();
    assertThat(
            RedisSettings.find(conf, "min-slaves-to-write").isPresent()
                || RedisSettings.find(conf, "min-replicas-to-write").isPresent())
        .as("a restart brings a fenced master")
        .isTrue();
    int changes = changes();
    assertThat(step.run(follow)).startsWith("already done: dest follows source");
    assertThat(changes()).isEqualTo(changes);

    redisSays("role:slave", "master_port:4567", "master_link_status:up");
    assertThat(look(new TunnelWatch(dns, Clock.systemUTC())).troubles()).isEmpty();
    LeaveSourceDelegate leave = new LeaveSourceDelegate(step.contexts());
    assertThat(step.run(leave)).contains("dest no longer follows source, and refuses writes");
    assertThat(step.run(leave)).startsWith("already done");
  }

  @Test
  void aDestThatCanNotReachSourceIsToldAndLeadsNobodyAstrayAndFollowsOnceItCan() {
    sshIsAccepted(false);

    assertThat(step.run(follow))
        .startsWith("goes on, although dest does not follow source: ")
        .contains("Permission denied (publickey)");

    assertThat(step.evidence("followBack"))
        .contains("is not known to dest's DNS", "destDoesNotFollow", "Permission denied");
    assertThat(dest.info("replication")).containsEntry("role", "master");
    docker.container("pryv_redis_1").program("redis-cli", "printf 'role:master\\r\\n'");
    TunnelWatch watch = new TunnelWatch(dns, Clock.systemUTC());
    StandingWatch.Finding found = look(watch);
    assertThat(found.troubles())
        .contains("dest's Redis is no replica (role master): it does not follow source");
    assertThatThrownBy(() -> found.remedies().get(0).get())
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("Permission denied");
    assertThat(look(watch).remedies()).as("not at each look").isEmpty();

    sshIsAccepted(true);
    redisSays("role:master");
    assertThat(look(new TunnelWatch(dns, Clock.systemUTC())).remedies())
        .singleElement()
        .satisfies(
            remedy -> assertThat(remedy.get()).startsWith("dest is made to follow source again"));
    assertThat(dest.get("newcomer:server")).isEqualTo(CORE);
  }

  @Test
  void aContainerWithoutSshIsToldBeforeAKeyIsMade() throws IOException {
    docker
        .container("pryv_redis_1")
        .program("sh", "case $2 in *far_run_id*) echo missing:ssh; echo role:master ;; esac");
    int changes = changes();

    assertThat(step.run(follow)).contains("no ssh", "use an image of redis that has them");

    assertThat(changes()).isEqualTo(changes);
    assertThat(sourceMachine.home().resolve(".ssh/authorized_keys")).doesNotExist();
  }

  @Test
  void aSourceThatLacksAUserOfDestsIsNotFollowed() {
    dest.liftFence();
    dest.user("lonely", "lonely@mail.example", CORE);
    dest.fence();

    assertThat(step.run(follow)).contains("lonely:users", "do not let dest follow source");

    assertThat(dest.get("lonely:server")).isEqualTo(CORE);
    assertThat(step.evidence("followBack")).contains("lonely:users");
  }

  @Test
  void whileDestsRedisDoesNotAnswerNothingIsTriedAndOnceItDoesItFollowsAgain() {
    step.run(follow);
    docker.container("pryv_redis_1").program("redis-cli", "exit 1");
    TunnelWatch watch = new TunnelWatch(dns, Clock.systemUTC());
    assertThat(look(watch).troubles()).contains("dest's Redis does not answer");
    assertThat(look(watch).remedies()).isEmpty();

    // Started again: by its file a fenced master, its tunnel gone.
    tunnel().close();
    dest.promote();
    source.user("latest", "latest@mail.example", CORE);
    redisSays("role:master");
    StandingWatch.Finding found = look(watch);
    assertThat(found.troubles())
        .anyMatch(trouble -> trouble.startsWith("the tunnel from dest to source is gone"));
    assertThat(found.remedies().get(0).get()).startsWith("dest is made to follow source again");
    assertThat(dest.get("latest:server")).isEqualTo(CORE);
  }

  @Test
  void destsSilentServicesAreLetStartOnceItIsProvenThatItsNginxLeadsToSource() {
    step.run(follow);
    redisSays("role:slave", "master_port:4567", "master_link_status:up", "slave_read_only:1");
    dns.down("127.0.0.1");
    destMachine.confFile("reg-master/nginx/conf/site.conf", "as nginx -T says");
    TunnelWatch watch = new TunnelWatch(dns, Clock.systemUTC());
    NginxStub.in(docker, "upstream register_server { server register:9000; }");
    look(watch);
    assertThat(look(watch).troubles())
        .anyMatch(trouble -> trouble.contains("dest's DNS does not answer"))
        .anyMatch(trouble -> trouble.contains("dest's nginx: `server register:9000` leads"));
    assertThat(look(watch).remedies()).isEmpty();

    NginxStub.in(docker, "upstream register_server { server 10.90.0.11:443; }");
    StandingWatch.Finding found = look(watch);
    assertThat(found.remedies().get(0).get())
        .startsWith("dest's Redis takes writes for the moment");
  }
}
