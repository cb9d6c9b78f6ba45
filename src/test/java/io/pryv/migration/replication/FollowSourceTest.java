package io.pryv.migration.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.lab.standin.RedisLink;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.JedisServers;
import io.pryv.migration.redis.RedisAddresses;
import io.pryv.migration.redis.RedisDoor;
import io.pryv.migration.redis.RedisSettings;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Dest follows source with a real sshd, real ssh and real Redis. The machine with the sshd is
 * source here, the other one dest: the way through the tunnel is the other way round.
 */
class FollowSourceTest {

  private static final int USERS = 500;
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final TwoMachines machines;
  private final Register source;
  private final Register dest;
  private final RedisDoor door;
  private final RedisLink onSource;
  private final RedisLink onDest;
  private final TunnelEnds ends;

  FollowSourceTest() throws Exception {
    machines = new TwoMachines();
    source = machines.dest;
    dest = machines.source;
    door = new JedisServers(machines.hands, new RedisAddresses());
    onSource = new RedisLink("127.0.0.1", machines.destRedis.port());
    onDest = new RedisLink("127.0.0.1", machines.sourceRedis.port());
    ends = TunnelEnds.toSource(source, dest, machines.ports);
  }

  @BeforeEach
  void aPlatformAndAFencedDest() throws Exception {
    container("127.0.0.1");
    machines.destMachine.route("127.0.0.1", 6379, machines.destRedis.port());
    for (int i = 0; i < USERS; i++) {
      onSource.send("SET", "user%05d:server".formatted(i), "core1.pryv.lab").get();
    }
    onDest.send("CONFIG", "SET", "min-replicas-to-write", "99").get();
  }

  @AfterEach
  void close() {
    onSource.close();
    onDest.close();
    tunnel().close();
    machines.close();
  }

  private void container(String address) {
    machines.destDocker.container("pryv_redis_1").address(address);
  }

  private Tunnel tunnel() {
    return new Tunnel(machines.hands, ends, machines.migration);
  }

  private TunnelKey key() {
    return new TunnelKey(machines.hands, ends, machines.migration, "ed25519");
  }

  private void openTunnel() throws Exception {
    key().make();
    assertThat(tunnel().open(TwoMachines.runId(machines.destRedis), PATIENCE)).isTrue();
  }

  private FollowSource followSource() {
    return new FollowSource(
        machines.hands,
        source,
        dest,
        door,
        tunnel(),
        key(),
        FollowSource.Guard.beforeCutOver(dest, /* usersMayGo= */ false));
  }

  private FollowSource.Progress awaitSync() {
    FollowSource.Progress[] last = new FollowSource.Progress[1];
    Awaitility.await()
        .atMost(PATIENCE)
        .until(
            () -> {
              last[0] = followSource().look(Duration.ofMillis(200));
              return last[0].inSync();
            });
    return last[0];
  }

  @Test
  void theKeyReachesSourcesContainerAndTellsWhereItIs() throws Exception {
    openTunnel();
    assertThat(
            Files.readAllLines(machines.authorizedKeys)
                .get(0)
                .replaceFirst("expiry-time=\"\\d{8}\",", ""))
        .startsWith(
            "restrict,port-forwarding,permitopen=\"127.0.0.1:%d\",from=\"127.0.0.1\",command=\"docker inspect -f"
                .formatted(machines.destRedis.port()));
    assertThat(tunnel().open(TwoMachines.runId(machines.destRedis), PATIENCE)).isFalse();
    assertThat(key().make().changed()).isFalse();
  }

  @Test
  void destHoldsWhatSourceHoldsAndRefusesWritesWhateverItsRole() throws Exception {
    openTunnel();

    FollowSource.Progress first = followSource().look(Duration.ofMillis(100));
    assertThat(first.began()).isTrue();
    assertThat(awaitSync().began()).isFalse();

    assertThat(onDest.send("DBSIZE").get().value()).isEqualTo((long) USERS);
    assertThatThrownBy(() -> onDest.send("SET", "x", "1").get()).hasMessageContaining("READONLY");
    String conf = Files.readString(machines.conf);
    assertThat(RedisSettings.find(conf, "replicaof")).isEmpty();
    assertThat(RedisSettings.find(conf, "min-replicas-to-write")).contains("99");
    onSource.send("SET", "newcomer:server", "core2.pryv.lab").get();
    assertThat(awaitSync().words()).contains("offset");
    assertThat(onDest.send("GET", "newcomer:server").get().value()).isEqualTo("core2.pryv.lab");

    LeaveSource leaving = new LeaveSource(dest, door, tunnel());
    assertThat(leaving.leave()).hasSize(2);
    assertThat(leaving.leave()).isEmpty();
    assertThatThrownBy(() -> onDest.send("SET", "x", "1").get()).hasMessageContaining("NOREPLICAS");
    assertThat(onDest.send("DBSIZE").get().value()).isEqualTo(USERS + 1L);
  }

  @Test
  void aDestThatRewritesItsAofIsNotReadyToBePromoted() throws Exception {
    openTunnel();
    awaitSync();
    // Microseconds for each key: it lasts for some seconds.
    onDest.send("CONFIG", "SET", "rdb-key-save-delay", String.valueOf(4_000_000 / USERS)).get();
    onDest.send("BGREWRITEAOF").get();

    FollowSource.Progress during = followSource().look(Duration.ofMillis(100));
    assertThat(during.inSync()).isFalse();
    assertThat(during.words()).isEqualTo("dest has source's data and rewrites its AOF");
    assertThat(awaitSync().words()).contains("offset");
  }

  @Test
  void aDestWhoseRedisIsDownIsLeftToItsFileAndItsTunnelIsClosed() throws Exception {
    openTunnel();
    RedisDoor down =
        register -> {
          throw new StepFailure("dest", "Redis", "an answer", "none", "see that it runs");
        };
    assertThat(new LeaveSource(dest, down, tunnel()).leave())
        .hasSize(2)
        .anyMatch(line -> line.contains("follows nobody when it starts again"));
  }

  @Test
  void usersThatDestHoldsByItselfAreNotWiped() throws Exception {
    openTunnel();
    onDest.send("CONFIG", "SET", "min-replicas-to-write", "0").get();
    for (String name : List.of("wactiv", "lonely")) {
      onDest.send("HMSET", name + ":users", "username", name).get();
    }
    assertThatThrownBy(() -> followSource().look(Duration.ZERO))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("not fenced");
    onDest.send("CONFIG", "SET", "min-replicas-to-write", "99").get();
    assertThatThrownBy(() -> followSource().look(Duration.ZERO))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("destUsersMayGo");
    assertThat(onDest.send("EXISTS", "lonely:users").get().value()).isEqualTo(1L);
    assertThat(Files.readString(machines.conf)).isEqualTo("port 6379\n");
  }

  @Test
  void aSourceThatIsFencedIsNotFollowed() throws Exception {
    openTunnel();
    onSource.send("CONFIG", "SET", "min-replicas-to-write", "99").get();
    assertThatThrownBy(() -> followSource().look(Duration.ZERO))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("role master, fenced");
  }

  @Test
  void aDestWhoseRedisWasStartedAgainFollowsAgainThroughATunnelThatIsOpenedAgain()
      throws Exception {
    openTunnel();
    awaitSync();
    // Its file made it a fenced master, with all that it had copied; its tunnel died with it.
    onDest.send("REPLICAOF", "NO", "ONE").get();
    tunnel().close();
    FollowSource kept =
        new FollowSource(
            machines.hands,
            source,
            dest,
            door,
            tunnel(),
            key(),
            FollowSource.Guard.beforeCutOver(dest, /* usersMayGo= */ true));

    assertThat(kept.look(Duration.ZERO).began()).isTrue();

    onSource.send("SET", "newcomer:server", "core2.pryv.lab").get();
    awaitSync();
    assertThat(onDest.send("GET", "newcomer:server").get().value()).isEqualTo("core2.pryv.lab");
  }

  @Test
  void aContainerWithAnotherAddressIsFoundAgainAndAllowedInTheKeysLine() throws Exception {
    openTunnel();
    awaitSync();
    // Source's container was made anew: the same Redis, elsewhere.
    onSource.send("CONFIG", "SET", "bind", "127.0.0.1 127.0.0.2").get();
    container("127.0.0.2");
    machines.destMachine.route("127.0.0.2", 6379, machines.destRedis.port());
    machines.sshd.dropConnections();
    onSource.send("SET", "newcomer:server", "core2.pryv.lab").get();

    awaitSync();

    assertThat(onDest.send("GET", "newcomer:server").get().value()).isEqualTo("core2.pryv.lab");
    assertThat(Files.readAllLines(machines.authorizedKeys).get(0)).contains("127.0.0.2:");
  }

  private FollowSource followAfterReturn() {
    return new FollowSource(
        machines.hands,
        source,
        dest,
        door,
        tunnel(),
        key(),
        FollowSource.Guard.afterReturn(Duration.ofSeconds(1)));
  }

  private void user(RedisLink redis, String name, String email) throws Exception {
    redis.send("HSET", name + ":users", "username", name, "email", email).get();
    redis.send("SET", name + ":server", "core1.pryv.lab").get();
    redis.send("SET", email + ":email", name).get();
  }

  /** As the reverse switch leaves them: both hold the same, source writes, dest is fenced. */
  private void aReturnIsDone() throws Exception {
    onDest.send("CONFIG", "SET", "min-replicas-to-write", "0").get();
    for (RedisLink redis : List.of(onSource, onDest)) {
      user(redis, "ariane", "ariane@mail.example");
      user(redis, "bertrand", "bertrand@mail.example");
    }
    for (int i = 0; i < USERS; i++) {
      onDest.send("SET", "user%05d:server".formatted(i), "core1.pryv.lab").get();
    }
    onDest.send("SET", "state:access", "of the time before", "PX", "60000").get();
    onDest.send("CONFIG", "SET", "min-replicas-to-write", "99").get();
  }

  @Test
  void afterTheReturnDestFollowsAlthoughItHoldsUsersAndKnowsWhoRegistersThen() throws Exception {
    aReturnIsDone();
    // Source takes writes since: a newcomer, and another address of somebody known.
    user(onSource, "newcomer", "newcomer@mail.example");
    onSource.send("HSET", "ariane:users", "email", "other@mail.example").get();
    onSource.send("DEL", "ariane@mail.example:email").get();
    assertThat(machines.privateKey()).as("after a cold migration").doesNotExist();

    FollowSource.Progress first = followAfterReturn().look(PATIENCE);

    assertThat(first.began()).isTrue();
    assertThat(first.reopened()).isTrue();
    assertThat(first.inSync()).isTrue();
    assertThat(onDest.send("EXISTS", "newcomer:server").get().value()).isEqualTo(1L);
    user(onSource, "latest", "latest@mail.example");
    FollowSource.Progress again = followAfterReturn().look(PATIENCE);
    assertThat(again.began()).isFalse();
    assertThat(again.reopened()).isFalse();
    assertThat(onDest.send("GET", "latest:server").get().value()).isEqualTo("core1.pryv.lab");
    assertThatThrownBy(() -> onDest.send("SET", "x", "1").get()).hasMessageContaining("READONLY");
    String conf = Files.readString(machines.conf);
    assertThat(RedisSettings.find(conf, "replicaof")).as("a restart").isEmpty();
    assertThat(RedisSettings.find(conf, "min-replicas-to-write")).contains("99");
  }

  @Test
  void afterTheReturnDestIsNotWipedByASourceThatLacksAUserOfIts() throws Exception {
    aReturnIsDone();
    onSource.send("DEL", "bertrand:users", "bertrand:server", "bertrand@mail.example:email").get();

    assertThatThrownBy(() -> followAfterReturn().look(Duration.ZERO))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("guard before dest follows source")
        .hasMessageContaining("2 missing, such as bertrand:server, bertrand:users");

    assertThat(onDest.send("EXISTS", "bertrand:server").get().value()).isEqualTo(1L);
    assertThatThrownBy(() -> onDest.send("SET", "x", "1").get()).hasMessageContaining("NOREPLICAS");
  }

  @Test
  void afterTheReturnADestThatIsNotFencedIsNotMadeToFollow() throws Exception {
    aReturnIsDone();
    onDest.send("CONFIG", "SET", "min-replicas-to-write", "0").get();
    assertThatThrownBy(() -> followAfterReturn().look(Duration.ZERO))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("not fenced");
    assertThat(machines.privateKey()).as("nothing was changed").doesNotExist();
  }

  @Test
  void afterTheReturnADestWhoseRedisWasStartedAgainFollowsAgain() throws Exception {
    aReturnIsDone();
    assertThat(followAfterReturn().look(PATIENCE).inSync()).isTrue();
    user(onSource, "newcomer", "newcomer@mail.example");
    assertThat(followAfterReturn().look(PATIENCE).inSync()).isTrue();
    // Its file made it a fenced master, with all that it had copied; its tunnel died with it.
    onDest.send("REPLICAOF", "NO", "ONE").get();
    tunnel().close();
    user(onSource, "latest", "latest@mail.example");

    FollowSource.Progress again = followAfterReturn().look(PATIENCE);

    assertThat(again.began()).isTrue();
    assertThat(again.inSync()).isTrue();
    assertThat(onDest.send("GET", "latest:server").get().value()).isEqualTo("core1.pryv.lab");
  }
}
