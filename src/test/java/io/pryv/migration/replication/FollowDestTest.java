package io.pryv.migration.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.dns.FakeDns;
import io.pryv.migration.machine.SandboxHands;
import io.pryv.migration.machine.SandboxShell;
import io.pryv.migration.machine.StubDocker;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.FakeRedis;
import io.pryv.migration.redis.KeyCounts;
import io.pryv.migration.redis.RedisConf;
import io.pryv.migration.redis.RedisSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FollowDestTest {

  private static final String CONF =
      """
      port 6379
      # caf\u00e9
      # replicaof <masterip> <masterport>
      replica-read-only yes
      """;

  private final String migration = UUID.randomUUID().toString();
  private final SandboxShell sourceMachine = SandboxShell.of(Machine.Role.SOURCE);
  private final SandboxShell destMachine = SandboxShell.of(Machine.Role.DEST);
  private final SandboxHands hands = new SandboxHands(sourceMachine, destMachine);
  private final StubDocker docker = new StubDocker(sourceMachine).register();
  private final Path conf = sourceMachine.confFile("reg-master/redis/conf/redis.conf", CONF);
  private final Register source = register(sourceMachine.machine());
  private final Register dest = register(destMachine.machine());
  private final Register slave =
      register(
          new Machine(
              Machine.Role.SOURCE_SLAVE, "source-slave", "h", 22, "root", "k", "/", "10.90.0.13"));
  private final FakeRedis sourceRedis = new FakeRedis("source").fixture("core1.pryv.lab");
  private final FakeRedis destRedis = new FakeRedis("dest").fixture("core1.pryv.lab");
  private final FakeRedis slaveRedis = new FakeRedis("source-slave");
  private final FakeDns dns = new FakeDns();

  @BeforeEach
  void sourceStandsBehindItsProxyAndDestServes() {
    // What runs in the container: an ssh that stays, and a Redis of dest's at its far end.
    docker
        .container("pryv_redis_1")
        .field(
            "{{range .Mounts}}{{.Source}}|{{.Destination}}{{println}}{{end}}",
            conf.getParent() + "|/app/conf")
        .program("ssh", "exec sleep 600")
        .program("redis-cli", "printf 'run_id:run-dest\\r\\n'");
    for (FakeRedis redis : List.of(sourceRedis, destRedis)) {
      redis.user("ariane", "ariane@mail.example", "core1.pryv.lab");
      redis.user("bertrand", "bertrand@mail.example", "core2.pryv.lab");
    }
    sourceRedis.reaches("127.0.0.1", 4567, destRedis);
    slaveRedis.user("ariane", "ariane@mail.example", "core1.pryv.lab");
    for (String server : List.of("127.0.0.1", "10.90.0.13")) {
      dns.answers(server, "ariane.pryv.lab", "A", "CNAME core1.pryv.lab")
          .answers(server, "bertrand.pryv.lab", "A", "CNAME core2.pryv.lab");
    }
  }

  @AfterEach
  void nothingIsLeft() {
    new Tunnel(hands, source, dest, migration).close();
    sourceMachine.close();
    destMachine.close();
  }

  private Register register(Machine machine) {
    return TunnelledRegister.of(machine, conf, "9999:9999", "5.0.2");
  }

  private FollowDest followDest() {
    return new FollowDest(
        hands,
        source,
        dest,
        List.of(slave),
        FakeRedis.door(sourceRedis, destRedis, slaveRedis),
        dns,
        new Tunnel(hands, source, dest, migration),
        "pryv.lab",
        migration,
        Duration.ofMillis(300),
        Duration.ofMillis(300));
  }

  private String conf() throws IOException {
    return Files.readString(conf);
  }

  @Test
  void sourceFollowsAtRunTimeAndInItsFile() throws Exception {
    FollowDest.Following following = followDest().follow();

    assertThat(following.changed()).isTrue();
    assertThat(sourceRedis.info("replication"))
        .containsEntry("role", "slave")
        .containsEntry("master_host", "127.0.0.1")
        .containsEntry("master_port", "4567");
    assertThat(RedisSettings.find(conf(), "replicaof")).contains("127.0.0.1 4567");
    assertThat(RedisConf.writer(conf())).isEqualTo(CONF);
    assertThat(following.markdown())
        .contains("guard passed again: 9 keys")
        .contains("link up; dest's offset 100 reached")
        .contains("a key written on dest was seen on source")
        .contains("source's DNS answers for ")
        .contains("source-slave's DNS answers for ");
  }

  @Test
  void nothingOfTheProofIsLeftOnDest() {
    long before = destRedis.countKeys().lasting();
    followDest().follow();
    assertThat(destRedis.countKeys().lasting()).isEqualTo(before);
  }

  @Test
  void aSecondRunChangesNothing() throws Exception {
    followDest().follow();
    String conf = conf();
    int changes = sourceMachine.changes().size();

    FollowDest.Following again = followDest().follow();

    assertThat(again.changed()).isFalse();
    assertThat(conf()).isEqualTo(conf);
    assertThat(sourceMachine.changes()).hasSize(changes);
    assertThat(hands.journal().edits("source")).hasSize(1);
  }

  @Test
  void completesTheFileWhenWeDiedAfterTheRunTimeSetting() throws Exception {
    followDest().follow();
    Files.writeString(conf, CONF);
    assertThat(followDest().follow().changed()).isTrue();
    assertThat(RedisSettings.find(conf(), "replicaof")).contains("127.0.0.1 4567");
  }

  @Test
  void takesItUpWhenWeDiedAfterTheFile() throws Exception {
    Files.writeString(conf, RedisConf.replica(CONF, "127.0.0.1", 4567, "5.0.2"));
    assertThat(followDest().follow().changed()).isTrue();
    assertThat(sourceRedis.info("replication")).containsEntry("role", "slave");
  }

  @Test
  void sourceIsFencedBeforeTheGuardSoThatNothingSlipsInBetween() {
    followDest().follow();
    assertThat(sourceRedis.fenced()).isTrue();
    assertThat(destRedis.fenced()).isFalse();
  }

  @Test
  void aGuardThatDoesNotPassLeavesSourceAsItWas() throws Exception {
    sourceRedis.user("lonely", "lonely@mail.example", "core1.pryv.lab");
    destRedis.user("newest", "newest@mail.example", "core1.pryv.lab");
    assertThatThrownBy(() -> followDest().follow())
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("lonely:users");
    assertThat(sourceRedis.info("replication")).containsEntry("role", "master");
    assertThat(sourceRedis.fenced()).isFalse();
    assertThat(conf()).isEqualTo(CONF);
    assertThat(sourceRedis.get("lonely:server")).isEqualTo("core1.pryv.lab");
  }

  @Test
  void neverFollowsAFencedOrFollowingDest() {
    destRedis.fence();
    assertThatThrownBy(() -> followDest().follow())
        .hasMessageContaining("the one writer")
        .hasMessageContaining("fenced");
    destRedis.liftFence();
    destRedis.reaches("10.0.0.1", 6379, sourceRedis).follow("10.0.0.1", 6379);
    assertThatThrownBy(() -> followDest().follow()).hasMessageContaining("role slave");
    assertThat(sourceRedis.info("replication")).containsEntry("role", "master");
  }

  @Test
  void neverTurnsASourceThatFollowsSomebodyElse() throws Exception {
    sourceRedis.reaches("10.9.9.9", 6379, new FakeRedis("stranger")).follow("10.9.9.9", 6379);
    assertThatThrownBy(() -> followDest().follow())
        .hasMessageContaining("a replica of 10.9.9.9:6379");
    assertThat(conf()).isEqualTo(CONF);
  }

  @Test
  void neverFollowsThroughATunnelThatEndsElsewhere() throws Exception {
    docker.container("pryv_redis_1").program("redis-cli", "printf 'run_id:run-stranger\\r\\n'");
    assertThatThrownBy(() -> followDest().follow())
        .hasMessageContaining("another Redis, run_id run-stranger");
    assertThat(sourceRedis.info("replication")).containsEntry("role", "master");
    assertThat(conf()).isEqualTo(CONF);
  }

  @Test
  void refusesAFileThatNamesAnotherMaster() throws Exception {
    Files.writeString(conf, CONF + "replicaof 10.0.0.7 6379\n");
    assertThatThrownBy(() -> followDest().follow())
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("source: " + conf)
        .hasMessageContaining("replicaof 10.0.0.7 6379");
    assertThat(sourceRedis.info("replication")).containsEntry("role", "master");
  }

  @Test
  void saysThatTheLinkDoesNotComeUpAndARetryGoesOn() {
    sourceRedis.says("slave_repl_offset", "40");
    assertThatThrownBy(() -> followDest().follow())
        .hasMessageContaining("dest's offset 100 reached")
        .hasMessageContaining("offset 40");
    sourceRedis.says("slave_repl_offset", "100");
    assertThat(followDest().follow().lines()).first().asString().startsWith("link up");
  }

  @Test
  void stopsWhenAReplicaWouldAcceptWrites() {
    sourceRedis.says("slave_read_only", "0");
    assertThatThrownBy(() -> followDest().follow()).hasMessageContaining("slave-read-only yes");
  }

  @Test
  void tellsThatSourcesDnsStaysSilent() {
    dns.down("127.0.0.1");
    assertThatThrownBy(() -> followDest().follow())
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("source: its register and dns, which were restarted");
    assertThat(sourceRedis.info("replication")).containsEntry("role", "slave");
  }

  @Test
  void aSlaveThatIsStillLoadingIsWaitedFor() {
    int[] looks = new int[1];
    FakeRedis loading =
        new FakeRedis("source-slave") {
          @Override
          public KeyCounts countKeys() {
            if (looks[0]++ == 0) {
              throw new StepFailure("source-slave", "SCAN", "its answer", "LOADING", "retry");
            }
            return super.countKeys();
          }
        }.user("ariane", "ariane@mail.example", "core1.pryv.lab");
    FollowDest following =
        new FollowDest(
            hands,
            source,
            dest,
            List.of(slave),
            FakeRedis.door(sourceRedis, destRedis, loading),
            dns,
            new Tunnel(hands, source, dest, migration),
            "pryv.lab",
            migration,
            Duration.ofSeconds(5),
            Duration.ofMillis(300));
    assertThat(following.follow().changed()).isTrue();
    assertThat(looks[0]).isEqualTo(2);
  }

  @Test
  void tellsThatTheSlaveLostItsUsers() {
    FakeRedis empty = new FakeRedis("source-slave");
    FollowDest following =
        new FollowDest(
            hands,
            source,
            dest,
            List.of(slave),
            FakeRedis.door(sourceRedis, destRedis, empty),
            dns,
            new Tunnel(hands, source, dest, migration),
            "pryv.lab",
            migration,
            Duration.ofMillis(300),
            Duration.ofMillis(300));
    assertThatThrownBy(following::follow)
        .hasMessageContaining("source-slave: Redis")
        .hasMessageContaining("copies again");
  }
}
